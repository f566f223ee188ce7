-- Copies :first to :last of the patient whose public id is :patient, with all below it. Plain tables of the PostgreSQL
-- plugin, schema revision 1 (PrepareIndex.sql). Without triggers: those that count resources would update one row for
-- each of a million.
SET session_replication_role = replica;
BEGIN;
CREATE TEMPORARY TABLE copies AS
    WITH RECURSIVE tree AS (
        SELECT internalId, parentId FROM Resources WHERE publicId = :'patient'
        UNION ALL
        SELECT child.internalId, child.parentId FROM Resources child JOIN tree ON child.parentId = tree.internalId
    )
    SELECT number, internalId AS old, parentId AS parent,
           nextval(pg_get_serial_sequence('resources', 'internalid')) AS new
    FROM tree, generate_series(:first, :last) AS number;
CREATE INDEX ON copies (number, old);
ANALYZE copies;

INSERT INTO Resources (internalId, resourceType, publicId, parentId)
    SELECT c.new, resourceType, left(encode(sha256((publicId || '.' || c.number)::bytea), 'hex'), 44), above.new
    FROM copies c JOIN Resources ON internalId = c.old
    LEFT JOIN copies above ON above.number = c.number AND above.old = c.parent;

-- What identifies a resource ends in the number of the copy: PatientID, and the UIDs (64 characters at most).
CREATE FUNCTION pg_temp.copied(tag_group INTEGER, element INTEGER, value TEXT, number INTEGER) RETURNS TEXT AS $$
    SELECT CASE WHEN (tag_group, element) IN ((16, 32), (32, 13), (32, 14), (8, 24))
                THEN left(value, 57) || '.' || number ELSE value END
$$ LANGUAGE sql IMMUTABLE;
INSERT INTO MainDicomTags (id, tagGroup, tagElement, value)
    SELECT c.new, tagGroup, tagElement, pg_temp.copied(tagGroup, tagElement, value, c.number)
    FROM copies c JOIN MainDicomTags ON id = c.old;
INSERT INTO DicomIdentifiers (id, tagGroup, tagElement, value)
    SELECT c.new, tagGroup, tagElement, pg_temp.copied(tagGroup, tagElement, value, c.number)
    FROM copies c JOIN DicomIdentifiers ON id = c.old;
INSERT INTO Metadata (id, type, value) SELECT c.new, type, value FROM copies c JOIN Metadata ON id = c.old;
INSERT INTO AttachedFiles
    (id, fileType, uuid, compressedSize, uncompressedSize, compressionType, uncompressedHash, compressedHash)
    SELECT c.new, fileType, uuid, compressedSize, uncompressedSize, compressionType, uncompressedHash, compressedHash
    FROM copies c JOIN AttachedFiles ON id = c.old;
INSERT INTO PatientRecyclingOrder (patientId)
    SELECT c.new FROM copies c JOIN Resources ON internalId = c.new WHERE resourceType = 0;
COMMIT;
ANALYZE;
