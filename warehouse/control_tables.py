"""What the warehouse knows of itself: its control tables and views, and what each holds."""

# schema.table -> (comment, {column: (type, comment)})
CONTROL: dict[str, tuple[str, dict[str, tuple[str, str]]]] = {
    "raw.load_period": (
        "Which (key, month) each loaded file holds, for feeds whose newest file replaces a month.",
        {
            "file_id": ("BIGINT", "The loaded file (quality.load_audit)."),
            "feed": ("VARCHAR", "partner/feed."),
            "period_key": ("VARCHAR", "The key within the feed, such as the force; '' if none."),
            "month": ("DATE", "First day of the month."),
            "row_count": ("BIGINT", "Accepted rows of the file for this key and month."),
        },
    ),
    "raw.feed": (
        "One row per feed: what its contract says.",
        {
            "feed": ("VARCHAR", "partner/feed."),
            "partner": ("VARCHAR", "Who sends it."),
            "name": ("VARCHAR", "The feed's name within the partner."),
            "title": ("VARCHAR", "What it is, in words."),
            "cadence": ("VARCHAR", "nightly, monthly, quarterly, yearly or irregular."),
            "update_rule": ("VARCHAR", "replace_by_period, upsert or snapshot."),
            "open_data": ("BOOLEAN", "Public data, which may be published openly."),
            "grain": ("VARCHAR", "What one row stands for."),
        },
    ),
    "raw.feed_value": (
        "The values that a contract allows in a column with a closed list of them.",
        {
            "feed": ("VARCHAR", "partner/feed."),
            "column_name": ("VARCHAR", "The column."),
            "value": ("VARCHAR", "The value, in the spelling that models see."),
        },
    ),
    "raw.setting": (
        "The settings of the home that models use.",
        {"key": ("VARCHAR", "Name of the setting."), "value": ("VARCHAR", "Its value.")},
    ),
    "raw.setting_area": (
        "The areas the settings name, by their role.",
        {
            "role": ("VARCHAR", "focus, county, county_district or most_similar."),
            "area_code": ("VARCHAR", "Code of the district or county."),
            "area_name": ("VARCHAR", "Name, where the settings give one."),
        },
    ),
    "raw.feed_exception": (
        "Exceptions to the counting rules that a contract declares.",
        {
            "feed": ("VARCHAR", "partner/feed."),
            "kind": (
                "VARCHAR",
                "unmerged_key: the source's ids are not keys; no_ids: it has none.",
            ),
            "value": ("VARCHAR", "What it holds for, such as a force."),
        },
    ),
    "raw.standard_override": (
        "The home's own completeness standards, which replace or add to the project's.",
        {
            "standard_id": ("VARCHAR", "Stable id; one of the project's is replaced."),
            "partner": ("VARCHAR", "Who sends the feed."),
            "feed": ("VARCHAR", "Name of the feed within the partner."),
            "field": ("VARCHAR", "The monitored field."),
            "threshold_percent": ("VARCHAR", "Least completeness, in percent."),
            "severity": ("VARCHAR", "blocking or warning."),
            "tolerated_not_stated_percent": ("VARCHAR", "Not stated that is tolerated."),
            "reason": ("VARCHAR", "Why the standard is as it is."),
            "since": ("VARCHAR", "First day it holds."),
        },
    ),
    "quality.load_audit": (
        "One row per landed file, whatever became of it; a zip is audited member by member.",
        {
            "file_id": ("BIGINT", "Order of loading; identifies the file in every raw table."),
            "partner": ("VARCHAR", "Who sent it."),
            "feed": ("VARCHAR", "partner/feed."),
            "file_name": ("VARCHAR", "Name; of a zip's member: archive.zip/member."),
            "sha256": ("VARCHAR", "SHA-256 of the plain (unpacked) bytes; empty if unreadable."),
            "bytes": ("BIGINT", "Size of the plain bytes."),
            "data_rows": ("BIGINT", "Data rows in the file = accepted + rejected + skipped."),
            "accepted": ("BIGINT", "Rows loaded into the raw table."),
            "rejected": ("BIGINT", "Rows kept in quality.rejected_row instead."),
            "skipped": ("BIGINT", "Rows the contract declares are not data (totals, footers)."),
            "status": (
                "VARCHAR",
                "loaded; held or withdrawn (its rows are kept and count nowhere); duplicate; "
                "refused.",
            ),
            "reason": (
                "VARCHAR",
                "Why it was refused, held or withdrawn, or what it duplicates.",
            ),
            "loaded_at": ("TIMESTAMP", "When it was loaded or refused (UTC)."),
            "landed_at": ("TIMESTAMP", "Modification time of the landed file (UTC)."),
            "container_sha256": ("VARCHAR", "SHA-256 of the landed file itself."),
            "layout": ("VARCHAR", "The contract's layout that matched the header."),
            "encoding": ("VARCHAR", "The encoding it was read in."),
            "archive_path": ("VARCHAR", "Where the original bytes are, below the home."),
            "contract_sha256": ("VARCHAR", "SHA-256 of the contract it was last read by."),
            "cleared": ("BOOLEAN", "The landed file has been taken out of landing."),
            "absent_columns": ("VARCHAR[]", "Optional columns that the file does not carry."),
            "effective_at": (
                "TIMESTAMP",
                "Its place in time: of two files the later is in force. landed_at unless the same "
                "bytes came again later; of a duplicate NULL where it changed nothing.",
            ),
        },
    ),
    "quality.file_event": (
        "What happened to loaded files since; appended, never overwritten.",
        {
            "file_id": ("BIGINT", "The file (quality.load_audit)."),
            "happened_at": ("TIMESTAMP", "When (UTC)."),
            "event": (
                "VARCHAR",
                "held; accepted by a waiver; withdrawn; back; again: its bytes landed once more.",
            ),
            "status_before": ("VARCHAR", "Its status until then (quality.load_audit)."),
            "who": ("VARCHAR", "Who did it: a user, a waiver's owner, or the run."),
            "reason": ("VARCHAR", "Why, in their words or the run's."),
        },
    ),
    "quality.rejected_row": (
        "Each data row that was not loaded, with its place and reason. Restricted.",
        {
            "file_id": ("BIGINT", "The file (quality.load_audit)."),
            "feed": ("VARCHAR", "partner/feed."),
            "file_name": ("VARCHAR", "Name; of a zip's member: archive.zip/member."),
            "line_number": ("BIGINT", "Physical line of the plain file, 1-based."),
            "column_name": ("VARCHAR", "The column at fault, where one is."),
            "reason": ("VARCHAR", "Why the row was rejected."),
            "raw_line": (
                "VARCHAR",
                "The row as it was sent, pseudonyms in place of identifiers; NULL for a row of a "
                "feed with identifiers that cannot be split into its cells.",
            ),
        },
    ),
    "quality.pseudonym_key": (
        "One row once a file with identifiers was loaded: which key its pseudonyms are under.",
        {"fingerprint": ("VARCHAR", "Tells one key from another, and nothing else of it.")},
    ),
    "quality.check_result": (
        "Every result of every check of every run; appended, never overwritten.",
        {
            "run_id": ("VARCHAR", "The run."),
            "check_id": ("VARCHAR", "Stable id of the check."),
            "suite": ("VARCHAR", "Which tool or suite holds the check."),
            "feed": ("VARCHAR", "partner/feed, where the check is of one."),
            "table_name": ("VARCHAR", "The table checked."),
            "column_name": ("VARCHAR", "The column checked, where it is one."),
            "dimension": ("VARCHAR", "completeness, validity, uniqueness, consistency, timeliness"),
            "severity": ("VARCHAR", "blocking or warning."),
            "status": ("VARCHAR", "pass, fail, not_applicable or error."),
            "observed": ("VARCHAR", "What was found."),
            "threshold": ("VARCHAR", "What was required."),
            "records": ("BIGINT", "Records examined."),
            "failed_records": ("BIGINT", "Records that failed."),
            "checked_at": ("TIMESTAMP", "When (UTC)."),
            "message": ("VARCHAR", "One sentence for the reader."),
            "waiver": ("VARCHAR", "Until when a waiver bears the failure (quality.check_waiver)."),
        },
    ),
    "quality.check_waiver": (
        "Known failures that are borne for a time: the home's waivers.csv.",
        {
            "check_id": ("VARCHAR", "The check (quality.check_result)."),
            "ceiling": ("BIGINT", "Most failed records that are borne."),
            "reason": ("VARCHAR", "Why it is borne."),
            "owner": ("VARCHAR", "Who mends the cause."),
            "expires": ("DATE", "Last day it holds."),
        },
    ),
    "quality.accepted_month": (
        "The months that the current publication holds, which have been accepted as they are.",
        {
            "feed": ("VARCHAR", "partner/feed."),
            "source": ("VARCHAR", "The source within the feed."),
            "month": ("DATE", "First day of the month."),
            "records": ("BIGINT", "Rows it brought."),
        },
    ),
    "quality.dbt_test": (
        "The tests of dbt of the last build, with what each asks.",
        {
            "check_id": ("VARCHAR", "Stable id of the check."),
            "suite": ("VARCHAR", "dbt, or dbt_unit: proved with the software, not every night."),
            "feed": ("VARCHAR", "partner/feed, where the check is of one."),
            "table_name": ("VARCHAR", "The table checked."),
            "column_name": ("VARCHAR", "The column checked, where it is one."),
            "dimension": ("VARCHAR", "Dimension of quality, as in quality.check_result."),
            "severity": ("VARCHAR", "blocking or warning."),
            "for_the_engineer": ("VARCHAR", "What it asks of which table, in one sentence."),
            "for_the_auditor": ("VARCHAR", "Why it matters, in one sentence."),
        },
    ),
    "quality.completeness_history": (
        "Completeness by feed, field and month as each run found it; a row where it changed.",
        {
            "run_id": ("VARCHAR", "The run that found it."),
            "recorded_at": ("TIMESTAMP", "When (UTC)."),
            "partner": ("VARCHAR", "Who sends the feed."),
            "feed": ("VARCHAR", "Name of the feed within the partner."),
            "field": ("VARCHAR", "The monitored field."),
            "month": ("DATE", "First day of the month."),
            "records": ("BIGINT", "Rows in force."),
            "valid": ("BIGINT", "Present and possible."),
            "missing": ("BIGINT", "Blank."),
            "not_stated": ("BIGINT", "A declared code for unknown."),
            "invalid": ("BIGINT", "Present, not in its domain or impossible."),
            "not_applicable": ("BIGINT", "The field has no meaning for the row."),
        },
    ),
    "quality.maturity_history": (
        "The maturity scores as each run found them; appended, never overwritten.",
        {
            "run_id": ("VARCHAR", "The run that found it."),
            "recorded_at": ("TIMESTAMP", "When (UTC)."),
            "partner": ("VARCHAR", "Who sends the feed."),
            "feed": ("VARCHAR", "Name of the feed within the partner, or all."),
            "period_label": ("VARCHAR", "The twelve months it is of."),
            "fields": ("BIGINT", "Fields with a standard and an applicable record."),
            "field_percent": ("DOUBLE", "Mean of the fields' usable shares, in percent."),
            "months_received": ("BIGINT", "Months received, over the feed's sources."),
            "months_expected": ("BIGINT", "Months expected, over the feed's sources."),
            "score": ("DOUBLE", "The score, 0 to 100."),
        },
    ),
    "quality.alert": (
        "Every alert that a run sent, or tried to.",
        {
            "run_id": ("VARCHAR", "The run."),
            "told_at": ("TIMESTAMP", "When (UTC)."),
            "kind": ("VARCHAR", "blocked, failed, late or score."),
            "subject": ("VARCHAR", "The step, feed or partner it is about."),
            "sentence": ("VARCHAR", "What is wrong and what to do."),
            "failed": ("VARCHAR", "Why a channel did not take it, where one did not."),
        },
    ),
    "quality.run": (
        "One row per run.",
        {
            "run_id": ("VARCHAR", "The run."),
            "status": ("VARCHAR", "published, unchanged, blocked or failed."),
            "started_at": ("TIMESTAMP", "When it started (UTC)."),
            "finished_at": ("TIMESTAMP", "When it finished (UTC)."),
            "message": ("VARCHAR", "What happened, in a sentence."),
            "publication_id": ("VARCHAR", "The publication it made, if one."),
        },
    ),
    "quality.publication": (
        "The publication being made, as it will describe itself.",
        {
            "publication_id": ("VARCHAR", "Name of the publication's folder."),
            "run_id": ("VARCHAR", "The run that made it."),
            "published_at": ("TIMESTAMP", "When (UTC)."),
            "software_version": ("VARCHAR", "Version of this project."),
            "git_commit": ("VARCHAR", "Commit of this project, where known."),
            "source_files": (
                "BIGINT",
                "Files loaded by then; some may since have been replaced by newer ones.",
            ),
            "blocking_checks_passed": ("BIGINT", "Blocking checks that passed."),
        },
    ),
    "quality.identifier_shape": (
        "One row per loaded file and identifier in it: how its texts look, and no text of them.",
        {
            "file_id": ("BIGINT", "The file (quality.load_audit)."),
            "feed": ("VARCHAR", "partner/feed."),
            "column_name": ("VARCHAR", "The identifier."),
            "row_count": ("BIGINT", "Rows that state one."),
            "most_repeated": ("BIGINT", "Rows with the one that most rows have."),
            "most_plausible": (
                "BIGINT",
                "Rows one may have before it is doubted; NULL where no two rows can share one.",
            ),
            "digit_rows": ("BIGINT", "Rows with one of digits only."),
            "shortest": ("BIGINT", "Digits of the shortest of those."),
            "longest": ("BIGINT", "Digits of the longest of those."),
            "leading_zeros": ("BIGINT", "Rows of those that begin with a nought."),
        },
    ),
}

# schema.view -> (comment, {column: comment}, SQL). Whoever asks what counts asks these: which files
# are held or withdrawn, and which of two files comes later, is decided here alone.
VIEWS: dict[str, tuple[str, dict[str, str], str]] = {
    "quality.loaded_file": (
        "One row per loaded file that may count: neither held, withdrawn, duplicate nor refused.",
        {
            "file_id": "Order of loading; identifies the file in every raw table.",
            "partner": "Who sent it.",
            "feed": "partner/feed.",
            "file_name": "Name; of a zip's member: archive.zip/member.",
            "sha256": "SHA-256 of the plain (unpacked) bytes.",
            "accepted": "Rows loaded into the raw table.",
            "rejected": "Rows kept in quality.rejected_row instead.",
            "loaded_at": "When it was loaded (UTC).",
            "landed_at": "Modification time of the landed file (UTC).",
            "effective_at": "Its place in time: of two files the later is in force.",
            "layout": "The contract's layout that matched the header.",
            "contract_sha256": "SHA-256 of the contract it was last read by.",
            "absent_columns": "Optional columns that the file does not carry.",
        },
        "SELECT file_id, partner, feed, file_name, sha256, accepted, rejected, loaded_at, "
        "landed_at, coalesce(effective_at, landed_at) AS effective_at, layout, contract_sha256, "
        "absent_columns FROM quality.load_audit WHERE status = 'loaded'",
    ),
    "raw.period_in_force": (
        "One row per feed, key and month that a loaded file holds: the newest such file.",
        {
            "feed": "partner/feed.",
            "period_key": "The key within the feed, such as the force; '' if none.",
            "month": "First day of the month.",
            "row_count": "Accepted rows of the file for this key and month.",
            "file_id": "The file (quality.load_audit).",
            "file_name": "Its name.",
            "effective_at": "Its place in time.",
            "loaded_at": "When it was loaded (UTC).",
            "contract_sha256": "SHA-256 of the contract it was last read by.",
            "last_loaded_at": "When the last of all files that hold the month was loaded (UTC).",
        },
        "SELECT period.feed, period.period_key, period.month, period.row_count, file.file_id, "
        "file.file_name, file.effective_at, file.loaded_at, file.contract_sha256, "
        "max(file.loaded_at) OVER (PARTITION BY period.feed, period.period_key, period.month) "
        "AS last_loaded_at "
        "FROM raw.load_period AS period INNER JOIN quality.loaded_file AS file "
        "ON period.file_id = file.file_id "
        "QUALIFY row_number() OVER (PARTITION BY period.feed, period.period_key, period.month "
        "ORDER BY file.effective_at DESC, file.file_name DESC, file.file_id DESC) = 1",
    ),
}
