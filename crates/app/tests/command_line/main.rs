//! The command line as a user meets it: exit code, standard output and standard
//! error of every step.

mod annotate;
mod database;
mod export;
mod import;
mod interrupt;
mod label;
mod project;
mod shell;
mod simulate;
