"""The tables of kept characters: who they are, how they are drawn, and what was made together."""

TABLES = """
CREATE TABLE characters (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'active' CHECK (status IN ('active', 'paused', 'error')),
    bio TEXT NOT NULL DEFAULT '',
    age INTEGER,
    location TEXT NOT NULL DEFAULT '',
    timezone TEXT NOT NULL DEFAULT '',
    interests TEXT NOT NULL DEFAULT '[]',
    personality TEXT NOT NULL DEFAULT '{}',
    appearance TEXT NOT NULL DEFAULT '{}',
    look_seed INTEGER NOT NULL,
    canon TEXT NOT NULL DEFAULT '{}',
    costumes TEXT NOT NULL DEFAULT '{}',
    notes TEXT NOT NULL DEFAULT '[]',
    origin TEXT NOT NULL DEFAULT '{}',
    picture_id TEXT,
    visitor TEXT,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL,
    deleted_at REAL
);

CREATE INDEX characters_shown ON characters (status, seq) WHERE deleted_at IS NULL;

CREATE INDEX characters_by_visitor ON characters (visitor, seq) WHERE visitor IS NOT NULL;

CREATE VIRTUAL TABLE characters_fts USING fts5 (words, tokenize='unicode61 remove_diacritics 2');

CREATE TABLE character_styles (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    character_id TEXT NOT NULL REFERENCES characters (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    prompt_prefix TEXT NOT NULL DEFAULT '',
    prompt_suffix TEXT NOT NULL DEFAULT '',
    negative_prompt TEXT NOT NULL DEFAULT '',
    checkpoint TEXT,
    sampler_name TEXT,
    scheduler TEXT,
    steps INTEGER,
    cfg_scale REAL,
    width INTEGER,
    height INTEGER,
    style_keywords TEXT NOT NULL DEFAULT '[]',
    display_order INTEGER NOT NULL DEFAULT 0,
    is_active INTEGER NOT NULL DEFAULT 1,
    is_default INTEGER NOT NULL DEFAULT 0,
    created_at REAL NOT NULL,
    updated_at REAL NOT NULL
);

CREATE INDEX character_styles_of ON character_styles (character_id, display_order, seq);

CREATE UNIQUE INDEX character_style_default ON character_styles (character_id) WHERE is_default = 1;

CREATE TABLE character_sets (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    character_id TEXT NOT NULL REFERENCES characters (id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    items TEXT NOT NULL,
    created_at REAL NOT NULL
);

CREATE INDEX character_sets_of ON character_sets (character_id, seq);

CREATE TABLE character_files (
    character_id TEXT NOT NULL REFERENCES characters (id) ON DELETE CASCADE,
    role TEXT NOT NULL,
    name TEXT NOT NULL,
    file_id TEXT NOT NULL REFERENCES files (id) ON DELETE CASCADE,
    created_at REAL NOT NULL,
    PRIMARY KEY (character_id, role, name)
) WITHOUT ROWID;

CREATE INDEX character_files_by_file ON character_files (file_id);
"""
