from django.db import migrations

# The table of Django's database cache, as `createcachetable` makes it: failed attempts to sign in are counted in it.
CREATE = """
CREATE TABLE accounts_attempt (
    cache_key varchar(255) NOT NULL PRIMARY KEY,
    value text NOT NULL,
    expires timestamp with time zone NOT NULL
);
CREATE INDEX accounts_attempt_expires ON accounts_attempt (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_audit_chain")]

    operations = [migrations.RunSQL(CREATE, "DROP TABLE accounts_attempt")]
