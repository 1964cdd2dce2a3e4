"""Every published mart a second time, from the archived files alone.

Written from the specification's words, with pandas, numpy and scipy; nothing of the project's
code takes part, and no table of the warehouse is read. Definitions that are data (which offence
code is of which class, what an indicator is made of) are read from `seeds/`.
"""
