"""How texts become words. German and English are stemmed; what is neither, and every word as it stands, is not.

Some punctuation goes first: PostgreSQL's parser would take `chat/models.py`, `<b>` and `a-b` for one thing or none.
Of a longer text the first 100,000 characters are looked at: a tsvector has no room for more than 1 MB.
"""

from django.contrib.postgres.operations import BtreeGinExtension, TrigramExtension, UnaccentExtension
from django.db import migrations

CONFIGURATION = """
    CREATE TEXT SEARCH CONFIGURATION parley_plain (COPY = simple);
    ALTER TEXT SEARCH CONFIGURATION parley_plain
        ALTER MAPPING FOR asciiword, word, numword WITH unaccent, simple;
"""
NO_CONFIGURATION = "DROP TEXT SEARCH CONFIGURATION parley_plain"
FUNCTIONS = r"""
    CREATE FUNCTION chat_search_language(words text) RETURNS regconfig LANGUAGE plpgsql STABLE AS $$
    DECLARE
        beginning text := left(words, 1000);
        english int := regexp_count(beginning, '\m(the|and|of|to|is|that|it|with|you|this|are|for)\M', 1, 'i');
        german int := regexp_count(
            beginning, '\m(der|die|das|und|ist|nicht|ich|ein|eine|zu|mit|für|auf|den|wie)\M', 1, 'i'
        );
    BEGIN
        RETURN CASE
            WHEN german > english THEN 'pg_catalog.german' WHEN english > 0 THEN 'pg_catalog.english'
            ELSE 'parley_plain'
        END::regconfig;
    END $$;

    CREATE FUNCTION chat_search_vector(content text) RETURNS tsvector LANGUAGE plpgsql STABLE AS $$
    DECLARE
        words text := translate(left(content, 100000), '&+-./<>@', '        ');
        language regconfig := chat_search_language(words);
    BEGIN
        IF language = 'parley_plain'::regconfig THEN
            RETURN to_tsvector(language, words);
        END IF;
        RETURN to_tsvector(language, words) || to_tsvector('parley_plain', words);
    END $$;
"""
NO_FUNCTIONS = """
    DROP FUNCTION chat_search_vector(text);
    DROP FUNCTION chat_search_language(text);
"""


class Migration(migrations.Migration):
    dependencies = [("chat", "0027_reply_goes_regardless")]

    operations = [
        BtreeGinExtension(),
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(CONFIGURATION, NO_CONFIGURATION),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
    ]
