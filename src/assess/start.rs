//! Whether a run could begin, by the answers of its start pages. If a start page is a login wall or a
//! 404, the pages behind it stay unknown and none of them can fail.

use std::fmt;

use crate::model::SkipReason;

/// Words in the host or path of a login form.
const LOGIN_WORDS: [&str; 10] = [
    "login", "logon", "signin", "sso", "auth", "oauth", "oauth2", "saml", "adfs", "anmelden",
];

/// A start page after its last request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartPage {
    /// Its URL, for people.
    pub address: String,
    /// Whether it ever answered with a page.
    pub served: bool,
    /// Whether it is only a login form: it has a password field, links to no page of the site, and no
    /// other page of the site answered with a page.
    pub only_login: bool,
    /// The outcome of the last request: `401 Unauthorized`, `connection refused`; absent if there was
    /// none.
    pub answer: Option<StartAnswer>,
    /// Why it was skipped, if it was.
    pub skipped: Option<SkipReason>,
    /// The end of its redirects.
    pub redirect: Option<StartRedirect>,
}

/// The outcome of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartAnswer {
    /// The status; absent if there was no HTTP answer.
    pub status: Option<u16>,
    /// The reason phrase of the status, or the error.
    pub text: String,
}

/// The end of a start page's redirects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StartRedirect {
    /// The last URL of the chain.
    pub target: String,
    /// Whether it ever answered with a page.
    pub served: bool,
    /// The outcome of the last request for it; absent if there was none.
    pub answer: Option<StartAnswer>,
    /// Why it was skipped, if it was.
    pub skipped: Option<SkipReason>,
    /// Whether it has a password field.
    pub password: PasswordField,
    /// Whether the chain leads back to itself or is too long.
    pub endless: bool,
}

/// Whether a page has a password field.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PasswordField {
    /// It has none.
    #[default]
    Absent,
    /// It has one, and other pages of the site answered with a page too.
    OnOneOfMany,
    /// It has one, and no other page of the site answered with a page.
    OnTheOnlyPage,
}

/// Why a start page does not count as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StartFault {
    /// It answers with another status.
    Answers(StartAnswer),
    /// It does not answer, for this reason.
    Silent(String),
    /// It is a login form and leads nowhere else.
    LoginForm,
    /// It redirects to a login form at this URL.
    Login(String),
    /// It redirects to another site, at this URL.
    Away(String),
    /// It redirects to a URL that answers with another status, or not at all.
    LeadsTo(String, StartAnswer),
    /// It redirects without end.
    Endless,
    /// It was not requested for this reason.
    Skipped(SkipReason),
}

impl StartFault {
    /// Returns whether the page, or the target of its redirect, answers with a status of 500-599.
    pub fn is_server_error(&self) -> bool {
        match self {
            StartFault::Answers(answer) | StartFault::LeadsTo(_, answer) => answer
                .status
                .is_some_and(|status| (500..600).contains(&status)),
            _ => false,
        }
    }
}

impl StartPage {
    /// Returns why no page was seen here, or `None` if one was.
    pub fn fault(&self) -> Option<StartFault> {
        if self.served {
            return self.only_login.then_some(StartFault::LoginForm);
        }
        if let Some(redirect) = &self.redirect {
            return redirect.fault();
        }
        let fault = match (&self.answer, self.skipped) {
            (Some(answer), _) if answer.status.is_none() => StartFault::Silent(answer.text.clone()),
            (Some(answer), _) => StartFault::Answers(answer.clone()),
            (None, Some(reason)) => StartFault::Skipped(reason),
            (None, None) => return None,
        };
        Some(fault)
    }
}

impl StartRedirect {
    fn fault(&self) -> Option<StartFault> {
        if self.endless {
            return Some(StartFault::Endless);
        }
        if self.served {
            // A shop may have a login form on every page; it hides no page.
            let is_login = match self.password {
                PasswordField::Absent => false,
                PasswordField::OnOneOfMany => has_login_words(&self.target),
                PasswordField::OnTheOnlyPage => true,
            };
            return is_login.then(|| StartFault::Login(self.target.clone()));
        }
        let target = self.target.clone();
        Some(match (&self.answer, self.skipped) {
            (_, Some(SkipReason::Scope)) => StartFault::Away(target),
            (Some(answer), _) => StartFault::LeadsTo(target, answer.clone()),
            (None, Some(reason)) => StartFault::Skipped(reason),
            (None, None) => return None,
        })
    }
}

/// Returns whether the host or the path of a URL names a login. Queries do not count: they repeat
/// the URL that was requested.
pub fn has_login_words(address: &str) -> bool {
    let lower = address.to_ascii_lowercase();
    let bare = lower.split(['?', '#']).next().unwrap_or_default();
    let bare = bare.replace("log-in", "login").replace("sign-in", "signin");
    let bare = bare.replace("log_in", "login").replace("sign_in", "signin");
    let mut words = bare.split(|c: char| !c.is_ascii_alphanumeric());
    words.any(|word| LOGIN_WORDS.contains(&word))
}

/// Such as `401 Unauthorized` or `connection refused`.
impl fmt::Display for StartAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status {
            Some(status) if self.text.is_empty() => write!(f, "{status}"),
            Some(status) => write!(f, "{status} {}", self.text),
            None => f.write_str(&self.text),
        }
    }
}

/// Continues a sentence that begins with "the start page".
impl fmt::Display for StartFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartFault::Answers(answer) => write!(f, "answers {answer}"),
            StartFault::Silent(what) => write!(f, "does not answer ({what})"),
            StartFault::LoginForm => f.write_str("is a login form that leads to no other page"),
            StartFault::Login(target) => write!(f, "redirects to a login form, {target}"),
            StartFault::Away(target) => write!(f, "redirects to another site, {target}"),
            StartFault::LeadsTo(target, answer) if answer.status.is_some() => {
                write!(f, "redirects to {target}, which answers {answer}")
            }
            StartFault::LeadsTo(target, answer) => {
                write!(f, "redirects to {target}, which does not answer ({answer})")
            }
            StartFault::Endless => f.write_str("redirects without end"),
            StartFault::Skipped(SkipReason::Robots) => f.write_str("is forbidden by robots.txt"),
            StartFault::Skipped(SkipReason::HostDown) => {
                f.write_str("was not requested: its host was given up")
            }
            StartFault::Skipped(SkipReason::FamilyDown) => {
                f.write_str("was not requested: the URLs like it were given up")
            }
            StartFault::Skipped(reason) => write!(f, "was not requested ({})", reason.name()),
        }
    }
}

/// The error that no start page answered with a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoStart {
    /// The first start page.
    pub address: String,
    /// Number of start pages.
    pub pages: u64,
    /// Why the first does not count.
    pub fault: StartFault,
}

/// One sentence without its full stop.
impl fmt::Display for NoStart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let NoStart {
            address,
            pages,
            fault,
        } = self;
        match pages {
            0 | 1 => write!(f, "the start page {address} {fault}"),
            many => write!(
                f,
                "none of {many} start pages answers with a page; the first, {address}, {fault}"
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, text: &str) -> StartAnswer {
        StartAnswer {
            status: Some(status).filter(|status| *status > 0),
            text: text.to_owned(),
        }
    }

    fn fault_text(page: &StartPage) -> Option<String> {
        page.fault().map(|fault| fault.to_string())
    }

    fn to(redirect: StartRedirect) -> Option<String> {
        fault_text(&StartPage {
            answer: Some(answer(302, "Found")),
            redirect: Some(redirect),
            ..StartPage::default()
        })
    }

    #[test]
    fn a_failing_start_page_reports_its_answer() {
        let with = |answer| StartPage {
            answer: Some(answer),
            ..StartPage::default()
        };
        let cases = [
            (
                with(answer(401, "Unauthorized")),
                "answers 401 Unauthorized",
            ),
            (with(answer(503, "")), "answers 503"),
            (
                with(answer(0, "connection refused")),
                "does not answer (connection refused)",
            ),
            (
                StartPage {
                    skipped: Some(SkipReason::Robots),
                    ..StartPage::default()
                },
                "is forbidden by robots.txt",
            ),
        ];
        for (page, expected) in cases {
            assert_eq!(fault_text(&page).as_deref(), Some(expected));
        }
        let recovered = StartPage {
            served: true,
            ..with(answer(503, ""))
        };
        assert_eq!(fault_text(&recovered), None);
        let form = StartPage {
            only_login: true,
            ..recovered
        };
        let expected = "is a login form that leads to no other page";
        assert_eq!(fault_text(&form).as_deref(), Some(expected));
    }

    #[test]
    fn a_redirect_is_judged_by_its_end() {
        let target = |target: &str| StartRedirect {
            target: target.to_owned(),
            ..StartRedirect::default()
        };
        let fine = StartRedirect {
            served: true,
            ..target("https://a.test/en/")
        };
        assert_eq!(to(fine.clone()), None);
        let gone = StartRedirect {
            answer: Some(answer(404, "Not Found")),
            ..target("https://a.test/en/")
        };
        let expected = "redirects to https://a.test/en/, which answers 404 Not Found";
        assert_eq!(to(gone).as_deref(), Some(expected));
        let away = |address| StartRedirect {
            skipped: Some(SkipReason::Scope),
            ..target(address)
        };
        let expected = "redirects to another site, https://b.test/";
        assert_eq!(to(away("https://b.test/")).as_deref(), Some(expected));
        let endless = StartRedirect {
            endless: true,
            ..fine
        };
        assert_eq!(to(endless).as_deref(), Some("redirects without end"));
    }

    #[test]
    fn a_login_form_hides_the_site_unless_other_pages_were_seen() {
        use PasswordField::{OnOneOfMany, OnTheOnlyPage};
        let form = |address: &str, password| {
            to(StartRedirect {
                target: address.to_owned(),
                served: true,
                password,
                ..StartRedirect::default()
            })
        };
        assert!(form("https://a.test/login?next=/", OnOneOfMany).is_some());
        assert!(form("https://a.test/welcome", OnTheOnlyPage).is_some());
        // A customer login in the header of a shop.
        assert_eq!(form("https://a.test/en/", OnOneOfMany), None);
        // A page about logins without a form.
        let about = StartRedirect {
            target: "https://a.test/login-help".to_owned(),
            served: true,
            ..StartRedirect::default()
        };
        assert_eq!(to(about), None);
    }

    #[test]
    fn login_words_are_whole_words_of_host_and_path() {
        for address in [
            "https://a.test/users/sign_in",
            "https://login.b.test/x",
            "https://a.test/Sign-In.aspx",
            "https://a.test/oauth2/authorize",
        ] {
            assert!(has_login_words(address), "{address}");
        }
        for address in [
            "https://a.test/authors/",
            "https://a.test/en?next=/login",
            "https://casino.test/",
            "https://a.test/blogin/",
        ] {
            assert!(!has_login_words(address), "{address}");
        }
    }
}
