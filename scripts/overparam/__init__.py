"""The apparatus, room by room. Imports lead downwards only, and none leads to another room on the same floor.

============================  =========================================================================================
claims, report                what is claimed, how it is measured and drawn; pages from verdicts
drawing                       theme, axes and curves that figures share
training, theory, judge       the trainer of packs; mathematics that topics share; predictions, intervals, verdicts
models                        networks, each as a pack
packs                         what packs are made of: layers, losses, techniques
datasets                      data sets, views, label corruption
jobs                          what every program shares: arguments, log, files, faults, locks, devices
plan                          from configuration and claims to cells and jobs
seeding, progress, places,     random numbers, how far a job is, where claims lie, other people's words in a message
quoting
tables                        the columns of tables that pass from one part to the next
errors                        what a user can put right
============================  =========================================================================================

Nothing in here knows Snakemake: every public function takes plain settings and paths.
"""
