//! A running `listen --ui`, for the tests that use its page over HTTP.

#![allow(dead_code, reason = "no test needs all of it")]

use std::{
    io::{Read, Write},
    net::TcpStream,
};

use crate::program::{Server, run};

/// A running `listen --ui`, and its page.
pub(crate) struct Page {
    pub(crate) listener: Server,
    pub(crate) host: String,
    /// The path of the folder.
    pub(crate) folder: String,
}

impl Page {
    pub(crate) fn start(more: &[&str]) -> Self {
        let listener = Server::listen(&[&["--ui"], more].concat());
        let url = listener.noted("page at ");
        let (host, folder) = url.strip_prefix("http://").unwrap().split_once('/').unwrap();
        Self { host: host.to_owned(), folder: format!("/{folder}"), listener }
    }

    pub(crate) fn send(&self, event: &str, more: &[&str]) {
        run(&[&["send", event, "--to", &self.listener.origin], more].concat());
    }

    /// Sends a raw request to the port that receives callbacks, and returns the response.
    pub(crate) fn deliver(&self, request: &str) -> String {
        let (_, address) = self.listener.origin.split_once("//").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).unwrap();
        response
    }

    /// Sends a raw request to the page, and returns the response.
    pub(crate) fn raw(&self, request: &str) -> String {
        let mut stream = TcpStream::connect(&self.host).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut response = Vec::new();
        stream.read_to_end(&mut response).unwrap();
        String::from_utf8(response).unwrap()
    }

    pub(crate) fn get(&self, page: &str) -> String {
        let Self { host, folder, .. } = self;
        self.raw(&format!(
            "GET {folder}{page} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
        ))
    }

    pub(crate) fn post(&self, page: &str, form: &[(&str, &str)], origin: &str) -> String {
        let Self { host, folder, .. } = self;
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        self.raw(&format!(
            "POST {folder}{page} HTTP/1.1\r\nHost: {host}\r\n{origin}Connection: close\r\n\
             Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\n\r\n{form}",
            form.len()
        ))
    }

    pub(crate) fn act(&self, page: &str, form: &[(&str, &str)]) -> String {
        self.post(page, form, &format!("Origin: http://{}\r\n", self.host))
    }

    /// The text of an element of a delivery's page.
    pub(crate) fn copied(&self, id: u64, element: &str) -> String {
        let page = self.get(&format!("delivery?id={id}"));
        let (_, rest) = page.split_once(&format!("<pre id=\"{element}\" tabindex=\"0\">")).unwrap();
        let text = rest.split_once("</pre>").unwrap().0;
        let entities = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&amp;", "&")];
        entities.iter().fold(text.to_owned(), |text, (entity, sign)| text.replace(entity, sign))
    }
}
