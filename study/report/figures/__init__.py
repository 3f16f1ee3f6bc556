"""Figures of the report, one a module (`study.report.sections.Figure`): words, when it is shown, its data, its drawing."""
