"""Many patients: tables in, tables out. Nothing of it, and no library of tables, is loaded for one patient."""
