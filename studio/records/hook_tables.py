"""The tables of webhooks; triggers write a delivery in the very transaction that changes its job."""

# One delivery for each subscription that asks for the event, with the facts as they are at that moment:
# a job may be gone by the time when its receiver can be reached. It is due when its address wants to be asked
# again, and not before what has to arrive first: what is due is always few, however much waits.
_DELIVERY = """INSERT INTO hook_deliveries (id, job_id, event, url, receiver, base_url, facts, status, run_at,
                                 created_at, ended_at)
    SELECT 'msg_' || lower(hex(randomblob(16))), {job}.id, {event}, subscription.url, subscription.receiver,
           subscription.base_url, {facts},
           CASE WHEN endpoint.disabled_at IS NULL THEN 'waiting' ELSE 'disabled' END,
           max({at}, coalesce(endpoint.rest_until, 0),
               coalesce((SELECT max(earlier.run_at) FROM hook_deliveries AS earlier
                         WHERE earlier.job_id = {job}.id AND earlier.url = subscription.url
                             AND earlier.status = 'waiting'), 0)),
           {at},
           CASE WHEN endpoint.disabled_at IS NULL THEN NULL ELSE {at} END
    FROM hook_subscriptions AS subscription
    LEFT JOIN hook_endpoints AS endpoint ON endpoint.url = subscription.url
    {join} WHERE subscription.job_id = {job}.id
        AND EXISTS (SELECT 1 FROM json_each(subscription.events) WHERE value = {event});"""

# What is no JSON for SQLite (a NaN, for one) must not keep the job from ending.
_METADATA = """CASE WHEN length({job}.metadata) <= 65536 AND json_valid({job}.metadata)
                 THEN json({job}.metadata) END"""
_NOW = "(julianday('now') - 2440587.5) * 86400.0"
_MEDIA = "json_object('id', {one}.id, 'name', {one}.name, 'type', {one}.media, 'mime_type', {one}.mime_type)"

_STATE = _DELIVERY.format(
    job="new",
    join="",
    event="CASE new.status WHEN 'processing' THEN 'started' ELSE new.status END",
    at="coalesce(new.completed_at, new.started_at)",
    facts=f"""json_object('status', new.status,
               'error', CASE WHEN json_valid(new.error) THEN json(new.error) END,
               'metadata', {_METADATA.format(job="new")},
               'retries', (SELECT coalesce(sum(failures + losses), 0) FROM tasks WHERE job_id = new.id),
               'media', (SELECT json_group_array({_MEDIA.format(one="made")}) FROM (
                   SELECT outputs.* FROM outputs JOIN tasks ON tasks.id = outputs.task_id
                   WHERE outputs.job_id = new.id ORDER BY tasks.position, outputs.position) AS made))""",
)
_OUTPUT = _DELIVERY.format(
    job="job",
    join="JOIN jobs AS job ON job.id = subscription.job_id AND job.id = new.job_id",
    event="'output'",
    at="new.created_at",
    facts=f"""json_object('status', job.status, 'metadata', {_METADATA.format(job="job")},
               'media', json_array({_MEDIA.format(one="new")}))""",
)
_DELETED = _DELIVERY.format(
    job="old",
    join="",
    event="'cancelled'",
    at=_NOW,
    facts=f"json_object('status', 'cancelled', 'metadata', {_METADATA.format(job='old')})",
)

TABLES = f"""
CREATE TABLE hook_subscriptions (
    job_id TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
    url TEXT NOT NULL,
    receiver TEXT NOT NULL,
    events TEXT NOT NULL,
    base_url TEXT NOT NULL,
    PRIMARY KEY (job_id, url)
) WITHOUT ROWID;

CREATE TABLE hook_endpoints (url TEXT PRIMARY KEY, disabled_at REAL, rest_until REAL) WITHOUT ROWID;

CREATE TABLE hook_receivers (
    receiver TEXT PRIMARY KEY,
    attempted_at REAL NOT NULL,
    failures INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE hook_deliveries (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    job_id TEXT,
    event TEXT NOT NULL,
    url TEXT NOT NULL,
    receiver TEXT NOT NULL,
    base_url TEXT NOT NULL DEFAULT '',
    facts TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('waiting', 'delivered', 'failed', 'disabled')),
    tries INTEGER NOT NULL DEFAULT 0,
    run_at REAL NOT NULL,
    lease_token TEXT,
    lease_until REAL,
    created_at REAL NOT NULL,
    ended_at REAL
);

CREATE INDEX hook_deliveries_waiting ON hook_deliveries (receiver, run_at, seq)
WHERE status = 'waiting' AND lease_token IS NULL;

CREATE INDEX hook_deliveries_due ON hook_deliveries (run_at)
WHERE status = 'waiting' AND lease_token IS NULL;

CREATE INDEX hook_deliveries_unfinished ON hook_deliveries (job_id, url, seq) WHERE status = 'waiting';

CREATE INDEX hook_deliveries_leased ON hook_deliveries (receiver, lease_until) WHERE lease_token IS NOT NULL;

CREATE INDEX hook_deliveries_by_status ON hook_deliveries (status, seq);

CREATE INDEX hook_deliveries_by_job ON hook_deliveries (job_id, seq);

CREATE TABLE hook_attempts (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    delivery_seq INTEGER NOT NULL REFERENCES hook_deliveries (seq) ON DELETE CASCADE,
    at REAL NOT NULL,
    seconds REAL,
    status INTEGER,
    answer TEXT NOT NULL DEFAULT '',
    error TEXT
);

CREATE INDEX hook_attempts_by_delivery ON hook_attempts (delivery_seq, seq);

CREATE TABLE hook_counts (outcome TEXT PRIMARY KEY, count INTEGER NOT NULL) WITHOUT ROWID;

CREATE TRIGGER hooks_of_states AFTER UPDATE OF status ON jobs
WHEN old.status <> new.status AND EXISTS (SELECT 1 FROM hook_subscriptions WHERE job_id = new.id) BEGIN
    {_STATE}
END;

CREATE TRIGGER hooks_of_outputs AFTER INSERT ON outputs
WHEN EXISTS (SELECT 1 FROM hook_subscriptions WHERE job_id = new.job_id) BEGIN
    {_OUTPUT}
END;

CREATE TRIGGER hooks_of_deleted BEFORE DELETE ON jobs
WHEN old.status IN ('queued', 'processing')
    AND EXISTS (SELECT 1 FROM hook_subscriptions WHERE job_id = old.id) BEGIN
    {_DELETED}
END;
"""
