-- From version 8 to 9: what is found by words besides the messages in `words`; see schema.sql. What is stored already is
-- indexed in the background, from the newest on.
CREATE VIRTUAL TABLE more_words USING fts5(
  text, extra, tokenize = "porter unicode61 remove_diacritics 2 categories 'L* N* Co Mc Mn'"
);
CREATE TRIGGER messages_forget_more_words AFTER DELETE ON messages BEGIN
  DELETE FROM more_words WHERE rowid = 2 * old.seq + 1;
END;
CREATE TRIGGER steps_forget_words AFTER DELETE ON run_steps BEGIN
  DELETE FROM more_words WHERE rowid = 2 * old.seq;
END;
CREATE TABLE not_indexed (kind TEXT PRIMARY KEY, upto INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO not_indexed SELECT 'messages', max(seq) FROM messages HAVING max(seq) IS NOT NULL;
INSERT INTO not_indexed SELECT 'run_steps', max(seq) FROM run_steps HAVING max(seq) IS NOT NULL;
