"""Records on disk: where each file lies, and the dataframes that are gathered from the records."""
