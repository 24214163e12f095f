"""Who is who: when two cells, of any files, speak of one person, one country or one brand.

Every source, and every question about a person, is read through here, so that a way of writing that is understood in
one file is understood in all of them. An objection that cannot be understood is an error, and never nobody's.

Rule: who a cell means is read here for every source, and in every question about a person.
"""
