-- From version 11 to 12: which engine computes the vectors of a store, so that no chunk is sent twice.
ALTER TABLE vector_stores ADD COLUMN embedder TEXT;
