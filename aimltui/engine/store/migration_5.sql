-- Where a passage stands in its document: page, slide, sheet and rows, lines, headings.
ALTER TABLE chunks ADD COLUMN place TEXT NOT NULL DEFAULT '';
