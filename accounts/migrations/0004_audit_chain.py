"""The audit log is a chain that only grows: the database numbers and chains each entry, and refuses to change one."""

from django.db import migrations

FORWARDS = """
    -- No entries yet, unless this migration was taken back and comes again.
    INSERT INTO accounts_audithead (id, number, digest)
        SELECT 1, number, digest FROM (
            SELECT number, digest FROM accounts_auditentry UNION ALL SELECT 0, repeat('0', 64)
        ) AS ends ORDER BY number DESC LIMIT 1;

    -- What accounts.models.audit_entry.digest_of computes.
    CREATE FUNCTION accounts_audit_digest(VARIADIC parts text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
        SELECT encode(sha256(convert_to(
            string_agg(coalesce(octet_length(part) || ':' || part, '-'), ',' ORDER BY place), 'UTF8')), 'hex')
        FROM unnest(parts) WITH ORDINALITY AS listed(part, place);
    $$;

    -- The head's lock makes writers stand in line. Whoever waits for more than a few seconds hears of it.
    CREATE FUNCTION accounts_audit_chain() RETURNS trigger LANGUAGE plpgsql SET lock_timeout = '5s' AS $$
    BEGIN
        SELECT head.number + 1, head.digest INTO STRICT NEW.number, NEW.previous
            FROM accounts_audithead AS head FOR UPDATE;
        NEW.at := clock_timestamp();
        NEW.digest := accounts_audit_digest(
            NEW.number::text, to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), NEW.action,
            NEW.actor_id::text, NEW.subject_id::text, NEW.thing, host(NEW.address),
            NEW.before::text, NEW.after::text, NEW.previous);
        UPDATE accounts_audithead SET number = NEW.number, digest = NEW.digest;
        RETURN NEW;
    END $$;
    CREATE TRIGGER accounts_audit_chain BEFORE INSERT ON accounts_auditentry
        FOR EACH ROW EXECUTE FUNCTION accounts_audit_chain();

    CREATE FUNCTION accounts_audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the audit log only grows: % of % is refused', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'insufficient_privilege';
    END $$;
    CREATE TRIGGER accounts_audit_entries_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON accounts_auditentry
        FOR EACH STATEMENT EXECUTE FUNCTION accounts_audit_refuse();
    CREATE TRIGGER accounts_audit_head_stays BEFORE INSERT OR DELETE OR TRUNCATE ON accounts_audithead
        FOR EACH STATEMENT EXECUTE FUNCTION accounts_audit_refuse();
    -- The head is moved by the trigger above, which is one deep by then, and by nobody else.
    CREATE TRIGGER accounts_audit_head_follows BEFORE UPDATE ON accounts_audithead
        FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION accounts_audit_refuse();
    -- Also in a session that has told its triggers to rest.
    ALTER TABLE accounts_auditentry ENABLE ALWAYS TRIGGER accounts_audit_entries_stay;
    ALTER TABLE accounts_audithead ENABLE ALWAYS TRIGGER accounts_audit_head_stays;
    ALTER TABLE accounts_audithead ENABLE ALWAYS TRIGGER accounts_audit_head_follows;
"""
BACKWARDS = """
    DROP TRIGGER accounts_audit_head_follows ON accounts_audithead;
    DROP TRIGGER accounts_audit_head_stays ON accounts_audithead;
    DROP TRIGGER accounts_audit_entries_stay ON accounts_auditentry;
    DROP TRIGGER accounts_audit_chain ON accounts_auditentry;
    DROP FUNCTION accounts_audit_refuse();
    DROP FUNCTION accounts_audit_chain();
    DROP FUNCTION accounts_audit_digest(text[]);
    DELETE FROM accounts_audithead;
"""


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_audit_entry")]

    operations = [migrations.RunSQL(FORWARDS, BACKWARDS)]
