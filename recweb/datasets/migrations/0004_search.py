"""Search by two characters: a trigram index cannot, for two characters make no trigram.

recweb_pairs gives the pairs of neighbouring characters of a text, and its single characters, where
they are not ASCII; a GIN index on them finds any part of a Chinese title. ASCII titles give none
and cost nothing: there the trigram index stands.
"""

from django.db import migrations

FUNCTION = """
CREATE OR REPLACE FUNCTION recweb_pairs(given text) RETURNS text[]
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE AS $$
    SELECT CASE WHEN octet_length(given) = length(given) THEN '{}'::text[] ELSE (
        SELECT coalesce(array_agg(DISTINCT part), '{}') FROM (
            SELECT substr(lower(given), place, size) AS part
            FROM generate_series(1, least(length(given), 500)) place, generate_series(1, 2) size
        ) parts WHERE octet_length(part) > length(part)
    ) END
$$;
CREATE INDEX item_title_pairs ON datasets_item USING gin (recweb_pairs(title));
"""


class Migration(migrations.Migration):
    dependencies = [("datasets", "0003_desk")]

    operations = [
        migrations.RunSQL(
            FUNCTION, "DROP INDEX item_title_pairs; DROP FUNCTION recweb_pairs(text);"
        )
    ]
