-- Where conversations that were imported come from: the same one is not written down twice.
CREATE INDEX threads_by_origin ON threads(json_extract(body, '$.metadata.imported_from'));
