/* Two repairs of Debian's civetweb, in one library. Upstream's image has a civetweb of its own and needs neither.

   1. It loads libssl.so by that name and looks up SSL_get_peer_certificate, which OpenSSL 3 exports under another name
      only: Orthanc would crash at its first HTTPS request. This library is installed as libssl.so; all other symbols are
      OpenSSL's own, to which it is linked.
   2. It gives its threads a stack that is too small for GDCM: Orthanc would crash when it decodes JPEG 2000. This
      library is preloaded as well, so that its pthread_attr_setstacksize takes precedence over the C library's. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>

#define SMALLEST_STACK ((size_t)8 << 20) /* bytes, the main thread's usual limit on Linux */

void *SSL_get1_peer_certificate(void *ssl);

void *SSL_get_peer_certificate(void *ssl) { return SSL_get1_peer_certificate(ssl); }

int pthread_attr_setstacksize(pthread_attr_t *attributes, size_t size)
{
    static int (*original)(pthread_attr_t *, size_t);
    if (!original)
        original = dlsym(RTLD_NEXT, "pthread_attr_setstacksize");
    return original(attributes, size < SMALLEST_STACK ? SMALLEST_STACK : size);
}
