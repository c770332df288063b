"""The shell of the application: making it, errors, words, pages, paging."""
