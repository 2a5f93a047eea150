/// The tables, step by step: numbered steps that only go forward. A step is never edited once released.
///
/// The text is SQLite's; PostgreSQL's differs in the type of texts alone, see `PostgresMigrations`.
/// Every `…_seq` is the rank of the fact beside it, 0 while none has arrived. Columns that hang on a rank are NULL or
/// at their default until then. Times are microseconds since 1970, in UTC.
package enum StateSchema {
    static let steps = [step1, step2, step3, StreamSchema.tables, step5]

    package static var newest: Int64 { Int64(steps.count) }

    private static let step1 = """
        CREATE TABLE users (
            id TEXT PRIMARY KEY NOT NULL,
            created_seq BIGINT NOT NULL DEFAULT 0,
            created_time BIGINT NOT NULL DEFAULT 0,
            removed_seq BIGINT NOT NULL DEFAULT 0,
            removed_time BIGINT NOT NULL DEFAULT 0,
            metadata_cleared_seq BIGINT NOT NULL DEFAULT 0,
            org_id TEXT, kind TEXT,
            state TEXT, state_seq BIGINT NOT NULL DEFAULT 0,
            username TEXT, username_seq BIGINT NOT NULL DEFAULT 0,
            first_name TEXT, first_name_seq BIGINT NOT NULL DEFAULT 0,
            last_name TEXT, last_name_seq BIGINT NOT NULL DEFAULT 0,
            nick_name TEXT, nick_name_seq BIGINT NOT NULL DEFAULT 0,
            display_name TEXT, display_name_seq BIGINT NOT NULL DEFAULT 0,
            preferred_language TEXT, preferred_language_seq BIGINT NOT NULL DEFAULT 0,
            gender TEXT, gender_seq BIGINT NOT NULL DEFAULT 0,
            email TEXT, email_seq BIGINT NOT NULL DEFAULT 0,
            email_verified BIGINT NOT NULL DEFAULT 0, email_verified_seq BIGINT NOT NULL DEFAULT 0,
            phone TEXT, phone_seq BIGINT NOT NULL DEFAULT 0,
            phone_verified BIGINT NOT NULL DEFAULT 0, phone_verified_seq BIGINT NOT NULL DEFAULT 0,
            name TEXT, name_seq BIGINT NOT NULL DEFAULT 0,
            description TEXT, description_seq BIGINT NOT NULL DEFAULT 0
        );
        CREATE TABLE user_metadata (
            user_id TEXT NOT NULL,
            metadata_key TEXT NOT NULL,
            value_seq BIGINT NOT NULL DEFAULT 0,
            value TEXT, -- NULL: removed
            PRIMARY KEY (user_id, metadata_key)
        );
        CREATE TABLE user_grants (
            user_id TEXT NOT NULL,
            grant_id TEXT NOT NULL,
            created_seq BIGINT NOT NULL DEFAULT 0,
            created_time BIGINT NOT NULL DEFAULT 0,
            removed_seq BIGINT NOT NULL DEFAULT 0,
            org_id TEXT, project_id TEXT, project_grant_id TEXT,
            state TEXT, state_seq BIGINT NOT NULL DEFAULT 0,
            role_keys TEXT, role_keys_seq BIGINT NOT NULL DEFAULT 0,
            role_keys_time BIGINT NOT NULL DEFAULT 0,
            PRIMARY KEY (user_id, grant_id)
        );
        CREATE TABLE organizations (
            id TEXT PRIMARY KEY NOT NULL,
            created_seq BIGINT NOT NULL DEFAULT 0,
            created_time BIGINT NOT NULL DEFAULT 0,
            removed_seq BIGINT NOT NULL DEFAULT 0,
            removed_time BIGINT NOT NULL DEFAULT 0,
            state TEXT, state_seq BIGINT NOT NULL DEFAULT 0,
            name TEXT, name_seq BIGINT NOT NULL DEFAULT 0,
            domain TEXT, domain_seq BIGINT NOT NULL DEFAULT 0
        );
        CREATE TABLE projects (
            id TEXT PRIMARY KEY NOT NULL,
            created_seq BIGINT NOT NULL DEFAULT 0,
            created_time BIGINT NOT NULL DEFAULT 0,
            removed_seq BIGINT NOT NULL DEFAULT 0,
            removed_time BIGINT NOT NULL DEFAULT 0,
            org_id TEXT,
            state TEXT, state_seq BIGINT NOT NULL DEFAULT 0,
            name TEXT, name_seq BIGINT NOT NULL DEFAULT 0
        );
        CREATE TABLE project_roles (
            project_id TEXT NOT NULL,
            role_key TEXT NOT NULL,
            removed_seq BIGINT NOT NULL DEFAULT 0,
            removed_time BIGINT NOT NULL DEFAULT 0,
            display_name TEXT, role_group TEXT, label_seq BIGINT NOT NULL DEFAULT 0,
            PRIMARY KEY (project_id, role_key)
        );
        CREATE TABLE project_grants (
            project_id TEXT NOT NULL,
            grant_id TEXT NOT NULL,
            created_seq BIGINT NOT NULL DEFAULT 0,
            created_time BIGINT NOT NULL DEFAULT 0,
            removed_seq BIGINT NOT NULL DEFAULT 0,
            removed_time BIGINT NOT NULL DEFAULT 0,
            granted_org_id TEXT,
            state TEXT, state_seq BIGINT NOT NULL DEFAULT 0,
            role_keys TEXT, role_keys_seq BIGINT NOT NULL DEFAULT 0,
            role_keys_time BIGINT NOT NULL DEFAULT 0,
            PRIMARY KEY (project_id, grant_id)
        );
        """

    /// Lists of users by organization and by username, each in the order of ids.
    private static let step2 = """
        CREATE INDEX users_by_org ON users (org_id, id);
        CREATE INDEX users_by_username ON users (username, id);
        """

    /// When the facts of users were stored by Zitadel and how they came, see `FactOrigin`. Facts from before this step
    /// have none; a rebuild gives it to them.
    private static let step3 = """
        ALTER TABLE users ADD COLUMN created_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE users ADD COLUMN removed_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE users ADD COLUMN state_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE users ADD COLUMN metadata_cleared_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE users ADD COLUMN name_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE users ADD COLUMN username_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE users ADD COLUMN first_name_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE users ADD COLUMN last_name_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE users ADD COLUMN nick_name_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE users ADD COLUMN display_name_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE users ADD COLUMN preferred_language_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE users ADD COLUMN gender_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE users ADD COLUMN email_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE users ADD COLUMN email_verified_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE users ADD COLUMN phone_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE users ADD COLUMN phone_verified_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE users ADD COLUMN description_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE user_metadata ADD COLUMN value_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE user_grants ADD COLUMN created_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE user_grants ADD COLUMN removed_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE user_grants ADD COLUMN state_origin BIGINT NOT NULL DEFAULT 0;
        ALTER TABLE user_grants ADD COLUMN role_keys_origin BIGINT NOT NULL DEFAULT 0;
        """

    /// Empties the personal data of users that were removed before removals did that.
    private static let step5 = """
        UPDATE users SET
            username = CASE WHEN username_seq > removed_seq THEN username END,
            first_name = CASE WHEN first_name_seq > removed_seq THEN first_name END,
            last_name = CASE WHEN last_name_seq > removed_seq THEN last_name END,
            nick_name = CASE WHEN nick_name_seq > removed_seq THEN nick_name END,
            display_name = CASE WHEN display_name_seq > removed_seq THEN display_name END,
            preferred_language = CASE WHEN preferred_language_seq > removed_seq THEN preferred_language END,
            gender = CASE WHEN gender_seq > removed_seq THEN gender END,
            email = CASE WHEN email_seq > removed_seq THEN email END,
            phone = CASE WHEN phone_seq > removed_seq THEN phone END,
            name = CASE WHEN name_seq > removed_seq THEN name END,
            description = CASE WHEN description_seq > removed_seq THEN description END
        WHERE removed_seq > 0;
        UPDATE user_metadata SET value = ''
        WHERE value <> '' AND value_seq <= (SELECT removed_seq FROM users WHERE id = user_id);
        """
}
