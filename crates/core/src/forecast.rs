//! How many more answers finish the job.
