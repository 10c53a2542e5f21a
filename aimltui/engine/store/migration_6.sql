-- From version 5 to 6: passages are found by their context, too, and in languages without spaces between words.
DROP TRIGGER chunks_learn_words;
DROP TRIGGER chunks_forget_words;
DROP TABLE chunk_words;
ALTER TABLE chunks ADD COLUMN context TEXT NOT NULL DEFAULT '';
ALTER TABLE chunks ADD COLUMN scope TEXT NOT NULL DEFAULT '';
ALTER TABLE chunks ADD COLUMN extra TEXT;
CREATE INDEX chunks_without_words ON chunks(seq) WHERE extra IS NULL;
CREATE VIRTUAL TABLE chunk_words USING fts5(
  text, context, extra, scope, content = 'chunks', content_rowid = 'seq',
  tokenize = "porter unicode61 remove_diacritics 2 categories 'L* N* Co Mc Mn'"
);
CREATE TRIGGER chunks_learn_words AFTER INSERT ON chunks WHEN new.extra IS NOT NULL BEGIN
  INSERT INTO chunk_words (rowid, text, context, extra, scope)
  VALUES (new.seq, new.text, new.context, new.extra, new.scope);
END;
CREATE TRIGGER chunks_learn_words_later AFTER UPDATE OF extra ON chunks
WHEN old.extra IS NULL AND new.extra IS NOT NULL BEGIN
  INSERT INTO chunk_words (rowid, text, context, extra, scope)
  VALUES (new.seq, new.text, new.context, new.extra, new.scope);
END;
CREATE TRIGGER chunks_forget_words AFTER DELETE ON chunks WHEN old.extra IS NOT NULL BEGIN
  INSERT INTO chunk_words (chunk_words, rowid, text, context, extra, scope)
  VALUES ('delete', old.seq, old.text, old.context, old.extra, old.scope);
END;
