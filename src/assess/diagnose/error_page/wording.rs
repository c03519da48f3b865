//! The words of error pages: headings and sentences that report an error and nothing else, in several languages.
//! The texts are those of common systems (WordPress, Joomla, TYPO3, Shopware, PrestaShop, nginx, Apache) and of their
//! translations.

use std::sync::LazyLock;

use regex::Regex;

use crate::model::Cause;

/// Headings and sentences that name an error, by language: English, German, French, Spanish, Italian, Portuguese,
/// Dutch, Polish, Japanese.
const ERRORS: [&[&str]; 9] = [
    &[
        r"(http )?(error[: ]+)?50[0-9]\b[ :.-]*",
        r"(error )?(internal server error|bad gateway|service (temporarily )?unavailable|gateway time-?out|server error)( \(50[0-9]\))?",
        r"(error: )?(server error|internal error|application error|proxy error|fatal error)",
        r"database (connection )?error|error establishing a database connection",
        r"(site |website |page )?temporarily unavailable",
        r"((sorry|oops)[,.!] )?something (went wrong|broke)|(oops, )?an error (has )?occurred|whoops, looks like something went wrong",
        r"the website encountered an unexpected error(\. (please )?try again later)?",
        r"there has been an error processing your request",
        r"[a-z_.]*(exception|error) at /.*",
    ],
    &[
        r"(es ist )?(leider )?(ein )?((unerwarteter|interner|kritischer|schwerer|schwerwiegender|technischer) )?(fehler|serverfehler|datenbankfehler|ausnahmefehler)( ist)? aufgetreten",
        r"(interner )?(server|datenbank|anwendungs)-?fehler|(interner|technischer|kritischer|schwerer) fehler",
        r"fehler (beim aufbau|beim herstellen) (einer|der) (datenbankverbindung|verbindung zur datenbank)",
        r"(es konnte )?(eine|die|keine) verbindung zur? datenbank (konnte )?(nicht )?(hergestellt|aufgebaut) werden",
        r"(keine|fehler bei der) verbindung zur datenbank|(verbindung zur datenbank|datenbankverbindung) (ist )?(fehlgeschlagen|nicht möglich)",
        r"(ups|hoppla|oh nein|entschuldigung)?[,.!: ]*((da|hier|leider) )*(ist )?(leider )?etwas (ist )?(schief ?gelaufen|schiefgegangen)",
        r"((der|die|diese) )?(dienst|server|seite|website|webseite) (ist )?(vorübergehend|derzeit|momentan|zur ?zeit) nicht (verfügbar|erreichbar)",
    ],
    &[
        r"(oups|désolé)?[,.! ]*une erreur ((inattendue|interne|technique|fatale|critique) )?(est survenue|est apparue|s'est produite)( sur (ce|le) site)?",
        r"erreur (interne )?(du )?serveur|erreur (interne|fatale|critique)|erreur (de (la )?)?base de données",
        r"erreur (de|lors de la|lors de l'établissement de la) connexion (à|avec) la base de données",
        r"(impossible|échec) (de se connecter|de la connexion|d'établir une connexion) (à|avec) la base de données",
        r"(la )?connexion à la base de données (est )?(impossible|a échoué|n'a pas pu être établie)",
        r"(oups|désolé)?[,.! ]*quelque chose s'est mal passé",
        r"(le |ce )?(service|site|page) (est )?(temporairement |momentanément )(indisponible|inaccessible)",
    ],
    &[
        r"(lo sentimos|ups|vaya)?[,.! ]*(se ha producido|se produjo|ha ocurrido|ocurrió) un error( (inesperado|interno|fatal|crítico))?( (en|del) (el )?servidor)?",
        r"error (interno )?(del|en el) servidor|error (interno|fatal|crítico)|error (de|en) (la )?base de datos",
        r"error (al|de) (conectar|conexión|establecer (una|la) conexión) (a|con) la base de datos",
        r"no se (pudo|puede|ha podido) (conectar|establecer (una|la)? ?conexión) (a|con) la base de datos",
        r"(ups|vaya)?[,.! ]*algo (ha salido|salió|ha ido|fue) mal",
        r"(el )?(servicio|sitio|página) (web )?(está )?(temporalmente )?no (está )?disponible( temporalmente)?",
    ],
    &[
        r"(spiacenti|ops)?[,.! ]*si è verificato un (errore|problema)( (imprevisto|inatteso|interno|grave|critico))?( (nel|del) (server|database|sito))?",
        r"errore (interno )?(del|nel) server|errore (interno|fatale|critico)|errore (del|nel|di) database",
        r"errore (nello stabilire|di|durante la|nella) (una )?connessione (al|con il) database",
        r"impossibile (connettersi|collegarsi|stabilire (una|la) connessione) (al|con il) database",
        r"(ops)?[,.! ]*qualcosa è andato storto",
        r"(servizio|sito) (web )?(temporaneamente |momentaneamente )(non disponibile|non raggiungibile)",
    ],
    &[
        r"(desculpe|ops)?[,.! ]*ocorreu um erro( (inesperado|interno|crítico))?( no servidor)?",
        r"erro (interno )?(do|no) servidor|erro (interno|fatal|crítico)|erro (de|no|na) (banco|base) de dados",
        r"erro (de|ao|na) (conexão|conectar|ligação|estabelecer uma (conexão|ligação)) (com|a|à|ao) ?(o|a)? ?(banco|base) de dados",
        r"(ops)?[,.! ]*algo (deu errado|correu mal)",
    ],
    &[
        r"(sorry|oeps)?[,.! ]*er is een ((onverwachte|interne|technische|kritieke) )?(fout|serverfout|databasefout) opgetreden",
        r"(interne )?(server|database)fout|(interne|technische|kritieke) fout",
        r"fout bij het (maken|leggen) van (een )?verbinding met de database",
        r"(er )?kan geen verbinding (maken|worden gemaakt) met de database|(er kon )?geen verbinding met de database( (mogelijk|gemaakt worden))?",
        r"(sorry|oeps)?[,.! ]*er (is|ging) iets (mis|fout)( ?gegaan)?",
        r"(de |deze )?(dienst|service|site|website) (is )?(tijdelijk )niet (beschikbaar|bereikbaar)",
    ],
    &[
        r"(przepraszamy|ups)?[,.! ]*wystąpił ((nieoczekiwany|wewnętrzny|krytyczny) )?błąd( (serwera|bazy danych))?",
        r"(wewnętrzny )?błąd (wewnętrzny )?serwera|błąd (krytyczny|wewnętrzny|bazy danych|połączenia z bazą danych)",
        r"błąd podczas (łączenia się|nawiązywania połączenia) z bazą danych",
        r"nie można (połączyć się|nawiązać połączenia) z bazą danych",
        r"(ups)?[,.! ]*coś poszło nie tak",
        r"(usługa|strona|serwis) (jest )?(tymczasowo|chwilowo) niedostępn[aye]",
    ],
    &[
        r"(予期(しない|せぬ|しなかった))?(システム)?エラーが発生しました",
        r"(内部)?サーバー?(内部)?エラー|データベース(接続)?(確立)?エラー",
        r"データベース(に|への)(接続|接続が)(できません|できませんでした|に失敗しました)",
        r"(サービス|サイト)は?(一時的に|現在)(ご)?利用(いただけません|できません)",
    ],
];

/// Headings that announce maintenance, in the same languages.
const MAINTENANCE: &[&str] = &[
    r"(site |website |scheduled |down for |under |in )?maintenance( mode)?",
    r"(we.ll|we&rsquo;ll|we will) be (right )?back( soon| shortly)?",
    r"wartungsmodus|(geplante )?wartungsarbeiten|wir sind (gleich|bald|in kürze) (wieder )?(für (sie|euch) )?(zurück|da)",
    r"(le )?(site )?(est )?(actuellement )?en (cours de )?maintenance|maintenance en cours|mode maintenance",
    r"(sitio|página)( web)? en mantenimiento|en mantenimiento|modo (de )?mantenimiento",
    r"(sito )?in manutenzione|modalità (di )?manutenzione|em manutenção",
    r"(website |site )?in onderhoud|onderhoudsmodus|przerwa techniczna|tryb konserwacji",
    r"(ただいま|現在)?、?(サイトは)?メンテナンス中(です)?",
];

static ERROR: LazyLock<Wording> = LazyLock::new(|| Wording::of(&ERRORS.concat()));
static UPKEEP: LazyLock<Wording> = LazyLock::new(|| Wording::of(MAINTENANCE));

/// Patterns that mean one thing.
struct Wording {
    /// The whole of a heading, except a site's name after a separator.
    heading: Option<Regex>,
    /// A sentence at the beginning of a paragraph, with which a sentence or two may follow.
    sentence: Option<Regex>,
}

impl Wording {
    fn of(kinds: &[&str]) -> Wording {
        let kinds: Vec<String> = kinds.iter().map(|kind| as_written(kind)).collect();
        let kinds = kinds.join("|");
        let heading = format!(
            r"(?i)^(?:50[0-9][ :-]+)?(?:{kinds})[.!\u{{3002}}\s]*(?:[|\u{{2013}}\u{{2014}}-]\s*.{{1,40}})?$"
        );
        let sentence = format!(r"(?i)^(?:{kinds})\s*(?:[.!,\u{{3002}}(]|$)");
        Wording {
            heading: Regex::new(&heading).ok(),
            sentence: Regex::new(&sentence).ok(),
        }
    }

    fn is_heading(&self, text: &str) -> bool {
        let pattern = self.heading.as_ref();
        pattern.is_some_and(|pattern| pattern.is_match(text))
    }

    fn begins(&self, text: &str) -> bool {
        let pattern = self.sentence.as_ref();
        pattern.is_some_and(|pattern| pattern.is_match(text))
    }
}

/// Returns a pattern that also matches letters beyond ASCII as character references, as other forms of the
/// apostrophe, or as replaced bytes of another encoding.
fn as_written(pattern: &str) -> String {
    let mut written = String::with_capacity(2 * pattern.len());
    for letter in pattern.chars() {
        match letter {
            // The apostrophe of a typographer.
            '\'' => written.push_str(r"(?:'|\u{2019}|&[#0-9a-z]{2,8};)"),
            // Letters of Latin alphabets.
            '\u{80}'..='\u{24f}' => {
                written.push_str("(?:");
                written.push(letter);
                written.push_str(r"|\u{fffd}|&[#0-9a-z]{2,8};)");
            }
            letter => written.push(letter),
        }
    }
    written
}

/// Returns the cause that a heading names, if it names an error and nothing else.
pub(super) fn of_heading(heading: &str) -> Option<Cause> {
    let maintenance = || UPKEEP.is_heading(heading).then_some(Cause::Maintenance);
    let error = || ERROR.is_heading(heading).then_some(Cause::ApplicationError);
    maintenance().or_else(error)
}

/// Returns whether a paragraph begins with a sentence that reports an error.
pub(super) fn begins_with_error(paragraph: &str) -> bool {
    ERROR.begins(paragraph)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_named_in_many_languages() {
        let errors = [
            "502 Bad Gateway",
            "Es ist ein Fehler aufgetreten",
            "Ein unerwarteter Fehler ist aufgetreten.",
            "Datenbankfehler",
            "Fehler beim Aufbau einer Datenbankverbindung",
            "Eine Verbindung zur Datenbank konnte nicht hergestellt werden.",
            "Ups! Da ist etwas schiefgelaufen | Mein Laden",
            "Diese Website ist vor&uuml;bergehend nicht verf&uuml;gbar",
            "Une erreur est survenue",
            "Oups, une erreur inattendue s&#039;est produite !",
            "Erreur de connexion à la base de données",
            "Erreur lors de la connexion \u{fffd} la base de donn\u{fffd}es",
            "Se ha producido un error inesperado",
            "Error al establecer una conexión con la base de datos",
            "Si è verificato un errore",
            "Errore nello stabilire una connessione al database",
            "Ocorreu um erro interno",
            "Er is een fout opgetreden",
            "Fout bij het maken van verbinding met de database",
            "Wystąpił nieoczekiwany błąd",
            "Błąd połączenia z bazą danych",
            "エラーが発生しました。",
            "データベース接続確立エラー",
        ];
        for heading in errors {
            let found = of_heading(heading);
            assert_eq!(found, Some(Cause::ApplicationError), "{heading}");
        }
        for heading in ["Wartungsarbeiten", "Site en maintenance", "メンテナンス中"] {
            assert_eq!(of_heading(heading), Some(Cause::Maintenance), "{heading}");
        }
    }

    #[test]
    fn headings_about_errors_name_none() {
        let others = [
            "Fehler",
            "Fehlerkultur im Team",
            "Datenbankfehler beheben: so geht es",
            "Was tun, wenn ein Fehler aufgetreten ist?",
            "Les erreurs de base de données expliquées",
            "Errores frecuentes",
            "L'erreur est humaine",
            "Un error de cálculo",
            "Onze fouten",
            "エラーの一覧",
            "Wartung und Service",
            "",
        ];
        for heading in others {
            assert_eq!(of_heading(heading), None, "{heading}");
            assert!(!begins_with_error(heading), "{heading}");
        }
    }
}
