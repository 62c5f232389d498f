"""How sure is it that two records are of one person: fields, levels, blocking, Fellegi-Sunter, calibration."""
