-- A small copy of the replaced system's schema: the columns that an import needs, knows, and does not know.
CREATE TABLE postings (
    posting_id serial PRIMARY KEY, posting_name text, job_title text, job_description text, extracted_summary text,
    source text, external_id text, external_job_id text, external_url text, beruf text, location_city text,
    location_state text, location_country text, location_postal_code text, location_remote_options boolean,
    posting_status text, invalidated boolean DEFAULT false, invalidated_reason text, qualification_level integer,
    berufenet_id text, berufenet_name text, berufenet_kldb text, berufenet_score numeric(4,3),
    berufenet_verified text, domain_gate jsonb, source_language text, first_seen_at timestamptz,
    last_seen_at timestamptz, processing_failures integer DEFAULT 0, source_metadata jsonb);
CREATE TABLE embeddings (
    text_hash text PRIMARY KEY, text text, embedding jsonb, model text, created_at timestamptz DEFAULT now());
CREATE TABLE berufenet (
    berufenet_id text PRIMARY KEY, name text, kldb text, qualification_level integer, salary_median numeric);
CREATE TABLE berufenet_synonyms (id serial PRIMARY KEY, aa_beruf text, berufenet_id text, source text);
CREATE TABLE owl (owl_id serial PRIMARY KEY, owl_type text, canonical_name text, metadata jsonb);
CREATE TABLE owl_names (
    owl_id integer, language text, display_name text, confidence_source text, observation_count integer);
CREATE TABLE profiles (
    profile_id serial PRIMARY KEY, full_name text, email text, location text, current_title text,
    profile_summary text, skill_keywords jsonb, desired_locations text[], expected_salary_min integer,
    enabled boolean DEFAULT true);
CREATE TABLE profile_work_history (
    work_history_id serial PRIMARY KEY, profile_id integer, company_name text, job_title text, start_date date,
    end_date date, is_current boolean, job_description text, achievements text[], technologies_used text[],
    entry_type text DEFAULT 'work', duration_months integer);
CREATE TABLE profile_posting_matches (
    match_id serial PRIMARY KEY, profile_id integer, posting_id integer, skill_match_score numeric(4,3),
    recommendation text, similarity_matrix jsonb, user_rating integer, user_feedback text, user_decision text,
    rated_at timestamptz, computed_at timestamptz DEFAULT now());
