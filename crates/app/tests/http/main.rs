//! The server as browsers and programs meet it: the real router on real folders,
//! without a socket.

mod accounts;
mod openapi;
mod page;
mod people;
mod pictures;
mod process;
mod project;
mod safety;
mod server;
