//! The frameworks, and a small app for each.

pub struct Framework {
    pub name: &'static str,
    pub adapter: &'static str,
    /// What the bare app depends on, as lines of a manifest.
    pub dependencies: &'static str,
    pub bare_source: &'static str,
    pub hooks_source: &'static str,
}

pub static FRAMEWORKS: [Framework; 3] = [
    Framework {
        name: "axum",
        adapter: "room-hooks-axum",
        dependencies: r#"axum = "0.8"
tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }
"#,
        bare_source: include_str!("apps/axum_bare.rs"),
        hooks_source: include_str!("apps/axum_hooks.rs"),
    },
    Framework {
        name: "actix-web",
        adapter: "room-hooks-actix",
        // Without tokio: actix-web has a runtime of its own, and a `main` attribute for it.
        dependencies: r#"actix-web = "4"
"#,
        bare_source: include_str!("apps/actix_bare.rs"),
        hooks_source: include_str!("apps/actix_hooks.rs"),
    },
    Framework {
        name: "warp",
        adapter: "room-hooks-warp",
        dependencies: r#"warp = { version = "0.4", features = ["server"] }
tokio = { version = "1", features = ["macros", "net", "rt-multi-thread"] }
"#,
        bare_source: include_str!("apps/warp_bare.rs"),
        hooks_source: include_str!("apps/warp_hooks.rs"),
    },
];
