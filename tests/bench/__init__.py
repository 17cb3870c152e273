"""What `make bench` measures: ratios against yardsticks that anyone can install, side by side in one run.

Aims are those of the design. A missed aim is printed, never an error; absolute figures are for this
machine alone. BENCH_CONTACTS, BENCH_DELIVERIES and BENCH_SECONDS change the sizes, BENCH_DATABASE_URL the
database.
"""
