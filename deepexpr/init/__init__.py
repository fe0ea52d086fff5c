"""From files, or accessions, to the sheets and the configuration of a project (`deepexpr init`)."""
