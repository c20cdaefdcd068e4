"""Arrays in, arrays out: models, splits, metrics and re-rankers. Knows no web and no database."""
