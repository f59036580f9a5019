use axum::{
    Router,
    extract::OriginalUri,
    http::{StatusCode, header::CONTENT_TYPE},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use maud::{DOCTYPE, Markup, Render, html};

/// A set of pages in one folder.
#[derive(Debug, Clone, Copy)]
pub struct Site {
    /// The name shown above each page.
    pub name: &'static str,
    /// The path of the first page in the folder.
    pub first: &'static str,
}

/// A page of a site. All pages of a site are in one folder, so their links are relative.
#[derive(Debug)]
pub struct Page<'a> {
    /// The title, which is also the heading.
    pub title: &'a str,
    /// The site of the page.
    pub site: Site,
    /// The content below the heading.
    pub content: Markup,
}

impl IntoResponse for Page<'_> {
    fn into_response(self) -> Response {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { (self.title) " · " (self.site.name) }
                    link rel="icon" href="data:,";
                    link rel="stylesheet" href="style.css";
                    script src="page.js" defer {}
                }
                body {
                    header { a href=(self.site.first) { (self.site.name) } }
                    main { h1 { (self.title) } (self.content) }
                }
            }
        };
        ([(CONTENT_TYPE, "text/html; charset=utf-8")], page.into_string()).into_response()
    }
}

/// Renders a page that describes an error.
pub fn problem(site: Site, status: StatusCode, what: impl Render) -> Response {
    let title = status.canonical_reason().unwrap_or("Error");
    (status, Page { title, site, content: html! { p role="alert" { (what) } } }).into_response()
}

impl Site {
    /// Adds the style sheet, the script, and a redirect from the folder to the first page. The
    /// paths of `pages` are relative to the folder.
    pub fn router(self, pages: Router) -> Router {
        let file = |media_type: &'static str, text: &'static str| {
            get(async move || ([(CONTENT_TYPE, media_type)], text))
        };
        // The redirect works wherever the router is nested, with or without a slash at the end of
        // the path.
        let folder = async move |OriginalUri(uri): OriginalUri| {
            let name = uri.path().rsplit('/').next().filter(|name| !name.is_empty());
            // Without the `./`, a name with a colon would be taken for a scheme.
            let folder = name.map(|name| format!("./{name}/")).unwrap_or_default();
            Redirect::temporary(&format!("{folder}{}", self.first))
        };
        pages
            .route("/", get(folder))
            .route("/style.css", file("text/css; charset=utf-8", include_str!("style.css")))
            .route("/page.js", file("text/javascript; charset=utf-8", include_str!("page.js")))
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, extract::Request};
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_site_is_a_folder_however_it_is_mounted() {
        let site = || {
            let site = Site { name: "Rooms", first: "first" };
            site.router(Router::new().route("/first", get("first")))
        };
        let nested = Router::new().nest("/admin/rooms", site());
        let service = Router::new().nest_service("/admin/rooms", site());
        for (app, path, location) in [
            (&nested, "/admin/rooms", "./rooms/first"),
            (&service, "/admin/rooms", "./rooms/first"),
            (&service, "/admin/rooms/", "first"),
            (&site(), "/", "first"),
        ] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            let response = app.clone().oneshot(request).await.unwrap();
            assert_eq!(response.status(), StatusCode::TEMPORARY_REDIRECT);
            assert_eq!(response.headers()["location"], location);
        }
        let request = Request::get("/admin/rooms/first").body(Body::empty()).unwrap();
        assert_eq!(nested.oneshot(request).await.unwrap().status(), StatusCode::OK);
    }
}
