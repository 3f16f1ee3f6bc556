"""Evidence: from losses of the same test rows to intervals, comparisons and a verdict. Imports
`schema` alone.
"""
