"""The composition root: builds engine, client, connections and screen."""
