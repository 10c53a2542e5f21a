-- From version 12 to 13: which client of the server a run belongs to.
ALTER TABLE usage ADD COLUMN client TEXT NOT NULL DEFAULT '';
