"""Merging: many records of a stream become one document.

`section` reads ``merge:`` of a mapping, `compiling` makes two functions of it: one gathers what a record contributes,
one builds the document from the merged record. `book` keeps contributions, groups and documents from run to run,
`folding` makes merged records of them, `merger` does it in a run of the mapper.
"""
