-- From version 6 to 7: where the pages of a passage begin, so that a citation names the page of its quote.
ALTER TABLE chunks ADD COLUMN places TEXT NOT NULL DEFAULT '';
