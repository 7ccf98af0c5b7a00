"""The SQL of the seeded world. Ids count upwards, so that the indexes of the keys are written in order."""

PAYERS = """
    CREATE TEMP TABLE seed_payer (number int, owner_id bigint, api_key_id uuid, label text) ON COMMIT PRESERVE ROWS
"""
MODELS = """
    CREATE TEMP TABLE seed_model (number int, model_id bigint, version text, price numeric) ON COMMIT PRESERVE ROWS
"""
# Those that are no constraint.
INDEXES = """
    SELECT indexname, indexdef FROM pg_indexes
    WHERE tablename IN ('chat_conversation', 'chat_message', 'chat_reply', 'chat_ledgerentry')
        AND indexname NOT IN (SELECT conname FROM pg_constraint)
"""


def numbered(letter: str, number: str) -> str:
    """The expression of an id."""
    return f"('{letter}0000000-0000-4000-8000-' || lpad(to_hex({number}), 12, '0'))::uuid"


SEED = "SELECT setseed(0.5)"
# Few people and models have most of the conversations; these are of very different lengths, from two answers on.
CONVERSATIONS = f"""
    CREATE TEMP TABLE seed_conversation AS
    WITH drawn AS (
        SELECT number, 0.1 - ln(1 - random()) AS weight, random() AS age,
            1 + floor((SELECT count(*) FROM seed_payer) * power(random(), 2))::int AS payer,
            1 + floor((SELECT count(*) FROM seed_model) * power(random(), 1.5))::int AS model
        FROM generate_series(1, %(conversations)s) number
    ), cut AS (
        SELECT *, round(%(replies)s * (sum(weight) OVER (ORDER BY number) / sum(weight) OVER ()))::int AS stop
        FROM drawn
    ), counted AS (SELECT *, COALESCE(lag(stop) OVER (ORDER BY number), 0) AS start FROM cut)
    SELECT counted.number, {numbered("c", "counted.number")} AS id, owner_id, api_key_id, label, model_id, version,
        price, start, stop, date_trunc('second', now()) - interval '15 minutes' - (stop - start) * interval '90 seconds'
            - age * interval '365 days' AS started_at
    FROM counted JOIN seed_payer ON seed_payer.number = payer JOIN seed_model ON seed_model.number = model
    WHERE stop > start
"""
DRAWN = """
    CREATE TEMP TABLE seed_reply AS
    SELECT turn AS number, conversation.id AS conversation_id, owner_id, api_key_id, label, model_id, version, price,
        turn - start AS nth, started_at + (turn - start) * interval '90 seconds' AS at,
        random() AS fate, random() AS luck, round((1 - 6 * ln(1 - random()))::numeric, 3) AS seconds
    FROM seed_conversation conversation, generate_series(start + 1, stop) turn
"""
WRITTEN_CONVERSATIONS = f"""
    INSERT INTO chat_conversation (id, owner_id, title, model_id, instruction, active_leaf_id, created_at, updated_at)
    SELECT id, owner_id, 'Conversation ' || number, model_id, '', {numbered("b", "stop")}, started_at,
        started_at + (stop - start) * interval '90 seconds'
    FROM seed_conversation
"""
QUESTIONS = f"""
    INSERT INTO chat_message (id, conversation_id, parent_id, role, author_id, text, stored_html, stored_html_version,
        instruction, created_at)
    SELECT {numbered("a", "number")}, conversation_id,
        CASE WHEN nth > 1 THEN {numbered("b", "number - 1")} END, 'user', owner_id,
        'Question ' || number, '', 0, '', at
    FROM seed_reply
"""
ANSWERS = f"""
    INSERT INTO chat_message (id, conversation_id, parent_id, role, text, stored_html, stored_html_version, model_id,
        instruction, created_at)
    SELECT {numbered("b", "number")}, conversation_id, {numbered("a", "number")}, 'assistant',
        CASE WHEN fate < 0.95 THEN 'Answer ' || number ELSE '' END, '', 0, model_id, '', at
    FROM seed_reply
"""
# A fraction of the completed ones was billed without a word of how much; of the unknown ones nobody knows anything.
REPLIES = f"""
    INSERT INTO chat_reply (id, message_id, owner_id, model_id, version, api_key_id, key_label, state, fence,
        submit_started_at, request_id, tries, reserved, billed, cost, remaining_credits, input_tokens, output_tokens,
        stop_reason, failure_kind, failure_detail, raw_answer, created_at, finished_at)
    SELECT {numbered("d", "number")}, {numbered("b", "number")}, owner_id, model_id, version, api_key_id, label, state,
        1, at, 'seed-' || number, 0, round(price * 4, 10), billed, cost,
        10000 - sum(cost) OVER (PARTITION BY api_key_id ORDER BY at, number),
        CASE WHEN state = 'completed' THEN least(60 + 300 * nth, 30000) END,
        CASE WHEN state = 'completed' THEN 20 + (800 * luck)::int END,
        CASE WHEN state = 'completed' THEN 'stop' ELSE '' END, failure_kind,
        CASE WHEN state = 'failed' THEN 'Drawn by lot.' ELSE '' END, '', at,
        at + seconds * interval '1 second'
    FROM (
        SELECT *, CASE WHEN state = 'failed'
                THEN (ARRAY['refused', 'rate', 'upstream', 'credits', 'request'])[1 + floor(luck * 5)::int] ELSE '' END
                AS failure_kind,
            CASE WHEN billed = 'yes' AND fate > 0.0005 THEN round(price * (0.4 + luck)::numeric, 10) END AS cost
        FROM (
            SELECT *, CASE WHEN state = 'unknown' THEN 'unknown'
                WHEN state = 'failed' AND luck < 0.85 THEN 'no' ELSE 'yes' END AS billed
            FROM (
                SELECT *, CASE WHEN fate < 0.95 THEN 'completed' WHEN fate < 0.985 THEN 'failed'
                    WHEN fate < 0.999 THEN 'stopped' ELSE 'unknown' END AS state
                FROM seed_reply
            ) ended
        ) billed
    ) priced
"""
# As chat.migrations.0006_accounting does, a reply at a time.
ENTRIES = """
    INSERT INTO chat_ledgerentry (reply_id, kind, amount, created_at)
    SELECT id, 'reserve', reserved, created_at FROM chat_reply
    UNION ALL
    SELECT id, 'settle', cost, finished_at FROM chat_reply WHERE billed = 'yes' AND cost IS NOT NULL
    UNION ALL
    SELECT id, 'release', reserved, finished_at FROM chat_reply WHERE billed = 'no'
"""
KEYS = """
    UPDATE accounts_apikey key SET state = 'works', balance = latest.remaining_credits,
        balance_known_at = latest.finished_at, last_used_at = latest.created_at, checked_at = latest.created_at
    FROM (
        SELECT DISTINCT ON (api_key_id) api_key_id, remaining_credits, created_at, finished_at FROM chat_reply
        WHERE remaining_credits IS NOT NULL ORDER BY api_key_id, created_at DESC
    ) latest
    WHERE latest.api_key_id = key.id
"""
CLEARED = "DROP TABLE seed_payer, seed_model, seed_conversation, seed_reply"
FILLING = (SEED, CONVERSATIONS, DRAWN, WRITTEN_CONVERSATIONS, QUESTIONS, ANSWERS, REPLIES, ENTRIES, KEYS, CLEARED)
