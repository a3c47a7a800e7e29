"""Tables of trials as their owners hold them: files, column names, rows and scales, turned into our columns."""
