"""What `make bench` measures: ratios against yardsticks that anyone can install, side by side in one run.

Aims are those of the design. A missed aim is printed, never an error; absolute figures are for this
machine alone. BENCH_CONTACTS (mails), BENCH_PAGES, BENCH_PREPARE, BENCH_DELIVERIES, BENCH_REVIEWS,
BENCH_UNCHANGED and BENCH_SECONDS change the sizes, BENCH_DATABASE_URL the database.
"""
