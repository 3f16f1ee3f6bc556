"""How often verdicts and intervals are right, on tables whose truth is known:
`scripts/calibration`.
"""
