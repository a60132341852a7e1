"""The arithmetic of the laboratory: measure catalogue, formulas, uncertainty, decision rules, rounding.

Pure functions over plain values: no clock, no settings, no database. The LIMS, the command line of the test
modules and the offline check all compute with this code, so that one raw file has one result.
"""
