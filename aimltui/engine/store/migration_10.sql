CREATE TABLE chunk_vectors (
  seq INTEGER PRIMARY KEY,
  entry INTEGER NOT NULL,
  signs BLOB NOT NULL,
  numbers BLOB NOT NULL
);
CREATE INDEX chunk_vectors_by_entry ON chunk_vectors(entry, signs);
CREATE TRIGGER chunks_forget_vectors AFTER DELETE ON chunks BEGIN
  DELETE FROM chunk_vectors WHERE seq = old.seq;
END;
