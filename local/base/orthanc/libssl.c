/* Debian's civetweb 1.15 loads libssl.so by that name and calls SSL_get_peer_certificate, which OpenSSL 3 has under
   another name only: without this Orthanc ends at its first HTTPS request. Everything else is OpenSSL's own, which this
   library is linked to. Upstream's image has a civetweb of its own. */
void *SSL_get1_peer_certificate(void *ssl);

void *SSL_get_peer_certificate(void *ssl) { return SSL_get1_peer_certificate(ssl); }
