//! The first sheet: the run in a few lines.

use rust_xlsxwriter::{Color, Format, FormatAlign, Url, Workbook, Worksheet, XlsxError};

use crate::assess::playbook::{Owner, lookup};
use crate::assess::{Band, GateResult, Score, Verdict};
use crate::model::{Moment, SkipReason};
use crate::report::words::{by_name, few_attempts, hindrance, risk};
use crate::report::{Problem, problems, to_fix};
use crate::store::tables::Kind;
use crate::store::{RunRow, RunSummary, StoredScore, Table, UrlCounts};

use super::cell::{Content, cell_text, serial};
use super::column::{format, header};
use super::sheets::A4;

/// Widths of the columns: name, value, the two ends of its interval, the band in a word.
const WIDTHS: [f64; 5] = [44.0, 60.0, 12.0, 12.0, 16.0];

/// Points from one line of a cell to the next.
const LINE: f64 = 15.0;

/// Share of a line that is filled before its last word is moved to the next (ours).
const FILLED: f64 = 0.85;

/// The column of the band.
const BAND: u16 = 4;

/// Returns the colour of a band, as of a traffic light; its word stands on it, in black.
fn light(band: Band) -> Color {
    Color::RGB(match band {
        Band::None | Band::Low => 0x00B7_E1CD,
        Band::Medium => 0x00FF_E599,
        Band::High | Band::Critical => 0x00F4_B6AE,
    })
}

/// A sheet that is written line by line from the top.
struct Lines<'a> {
    sheet: &'a mut Worksheet,
    row: u32,
    heading: Format,
    moment: Format,
    share: Format,
    link: Format,
    wrap: Format,
}

/// What the sheet shows.
pub(super) struct Overview<'a> {
    pub(super) run: &'a RunRow,
    pub(super) summary: &'a RunSummary,
    /// The state of the site in a sentence.
    pub(super) headline: &'a str,
    pub(super) gates: &'a [GateResult],
    /// Whether the sheet of pages shows only those that failed.
    pub(super) failing_only: bool,
}

impl Overview<'_> {
    /// Writes the sheet.
    pub(super) fn write(&self, workbook: &mut Workbook) -> Result<(), XlsxError> {
        let Overview {
            run,
            summary,
            headline,
            gates,
            failing_only,
        } = *self;
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name("summary")?;
        // As wide as a page of A4 for those who print it.
        sheet.set_paper_size(A4);
        sheet.set_print_fit_to_pages(1, 0);
        for (column, width) in (0..).zip(WIDTHS) {
            sheet.set_column_width(column, width)?;
        }
        let shown = |kind| format(kind).unwrap_or_default();
        let mut lines = Lines {
            sheet,
            row: 0,
            heading: header(),
            moment: shown(Kind::Second),
            share: shown(Kind::Share(4)),
            link: Format::new().set_hyperlink(),
            wrap: Format::new().set_text_wrap().set_align(FormatAlign::Top),
        };
        let texts =
            |cells: &[&str]| -> Vec<String> { cells.iter().map(|&text| text.into()).collect() };

        lines.heading(&texts(&["Site", &run.site]))?;
        lines.wrapped("In short", headline)?;
        lines.line("Run", &[Content::Number(run.id.0 as f64)])?;
        lines.time("Started (UTC)", run.started)?;
        if let Some(ended) = run.ended {
            lines.time("Ended (UTC)", ended)?;
        }
        lines.line("State", &[Content::Text(run.state.name())])?;

        let problems = problems(&summary.findings);
        lines.fix_first(&problems)?;

        lines.heading(&texts(&["Scores", "Value", "Low 95%", "High 95%", "Band"]))?;
        lines.score(
            "Crawlability (100 is best)",
            summary.scores.crawlability.as_ref(),
            hindrance,
        )?;
        lines.score(
            "Indexing risk (0 is best)",
            summary.scores.indexing_risk.as_ref(),
            risk,
        )?;
        let rates = [
            ("Error rate", summary.scores.error_rate),
            ("5xx rate", summary.scores.rate_5xx),
            ("502 rate", summary.scores.rate_502),
        ];
        for (name, rate) in rates {
            if let Some(rate) = rate {
                lines.shares(name, &[rate.value, rate.low, rate.high])?;
            }
        }

        let pages = &summary.pages;
        lines.heading(&texts(&["Coverage", "Pages"]))?;
        lines.line("Known", &[Content::Number(pages.known as f64)])?;
        lines.line("Fetched", &[Content::Number(pages.fetched as f64)])?;
        let failing = Content::Number(pages.failing() as f64);
        lines.linked("Failing", Table::ServerErrors, &[failing])?;
        let external = summary.external;
        if external.known > 0 {
            lines.line("External links", &[Content::Number(external.known as f64)])?;
            let requested = Content::Number(external.requested as f64);
            lines.line("External links requested", &[requested])?;
        }
        for (reason, skipped) in by_name(&pages.skipped, SkipReason::name) {
            let name = format!("Not fetched: {}", reason.replace('_', " "));
            lines.linked(&name, Table::Skipped, &[Content::Number(skipped as f64)])?;
        }
        if summary.unseen > 0 {
            let unseen = summary.unseen as f64;
            lines.line(
                "Links and sitemaps to unknown pages",
                &[Content::Number(unseen)],
            )?;
        }

        lines.verdicts(pages, failing_only)?;
        lines.gates(gates)?;
        lines.findings(&problems)?;
        lines.heading(&texts(&["Model"]))?;
        let model = summary.scores.model;
        lines.wrapped(&model.to_string(), &model.footer())
    }
}

/// Returns the height of a row, in points, in which a text takes several lines of the second column.
fn height(text: &str) -> f64 {
    let lines = (text.chars().count() as f64 / (WIDTHS[1] * FILLED)).ceil();
    LINE * lines.max(1.0)
}

impl Lines<'_> {
    /// Writes a line in bold, with a blank line above.
    fn heading(&mut self, cells: &[String]) -> Result<(), XlsxError> {
        if self.row > 0 {
            self.row += 1;
        }
        for (column, text) in (0..).zip(cells) {
            let text = cell_text(text);
            self.sheet
                .write_string_with_format(self.row, column, text, &self.heading)?;
        }
        self.row += 1;
        Ok(())
    }

    fn gates(&mut self, gates: &[GateResult]) -> Result<(), XlsxError> {
        if gates.is_empty() {
            return Ok(());
        }
        self.heading(&["Gates", "Why"].map(str::to_owned))?;
        for gate in gates {
            let name = format!("{}: --fail-on '{}'", gate.result.word(), gate.expression);
            self.line(&name, &[Content::Text(&gate.reason)])?;
        }
        Ok(())
    }

    fn findings(&mut self, problems: &[Problem<'_>]) -> Result<(), XlsxError> {
        if problems.is_empty() {
            return Ok(());
        }
        self.heading(&["Findings", "Where", "Pages"].map(str::to_owned))?;
        for problem in problems {
            let main = problem.main;
            let name = format!("{}: {}", main.severity.id(), main.rule.title());
            let pages = problem
                .pages()
                .map_or(Content::Empty, |pages| Content::Number(pages as f64));
            let cells = [Content::Text(&problem.place()), pages];
            self.linked(&name, Table::Findings, &cells)?;
        }
        Ok(())
    }

    /// Writes the pages of each verdict. `failing_only` says whether the sheet of pages shows only those that failed.
    fn verdicts(&mut self, tally: &UrlCounts, failing_only: bool) -> Result<(), XlsxError> {
        self.heading(&["Verdicts", "Pages"].map(str::to_owned))?;
        for (verdict, pages) in by_name(&tally.by_verdict, Verdict::name) {
            let (name, pages) = (verdict.replace('_', " "), [Content::Number(pages as f64)]);
            if failing_only && verdict == Verdict::Ok.name() {
                self.line(&name, &pages)?;
            } else {
                self.linked(&name, Table::Pages, &pages)?;
            }
        }
        if failing_only {
            let what = "The sheet pages shows pages that failed. Clear the filter of its column Verdict to see all.";
            self.line("", &[Content::Text(what)])?;
        }
        Ok(())
    }

    /// Writes what to fix first.
    fn fix_first(&mut self, problems: &[Problem<'_>]) -> Result<(), XlsxError> {
        let first = to_fix(problems);
        if !first.is_empty() {
            let heads = ["Fix first", "What to do", "Pages", "", "For"];
            self.heading(&heads.map(str::to_owned))?;
        }
        for problem in first.into_iter().map(|at| &problems[at]) {
            let playbook = lookup(&problem.main.advice, problem.main.server.as_deref());
            let playbook = playbook.unwrap_or_default();
            let step = playbook.fix().next().map_or("", String::as_str);
            let what = format!("{} ({})", step.replace('`', ""), problem.place());
            let pages = problem.pages();
            let pages = pages.map_or(Content::Empty, |pages| Content::Number(pages as f64));
            let owner = Content::Text(playbook.owner.map_or("", Owner::team));
            let row = self.row;
            let cells = [Content::Empty, pages, Content::Empty, owner];
            self.sheet.set_row_height(row, height(&what))?;
            self.line(problem.main.rule.title(), &cells)?;
            (self.sheet).write_string_with_format(row, 1, cell_text(&what), &self.wrap)?;
        }
        Ok(())
    }

    /// Writes a line whose text may take several lines of the cell.
    fn wrapped(&mut self, name: &str, text: &str) -> Result<(), XlsxError> {
        self.sheet.set_row_height(self.row, height(text))?;
        self.sheet.write_string(self.row, 0, cell_text(name))?;
        (self.sheet).write_string_with_format(self.row, 1, cell_text(text), &self.wrap)?;
        self.row += 1;
        Ok(())
    }

    fn line(&mut self, name: &str, cells: &[Content<'_>]) -> Result<(), XlsxError> {
        self.sheet.write_string(self.row, 0, cell_text(name))?;
        self.cells(cells)
    }

    /// Writes a line whose name leads to the sheet that has its rows.
    fn linked(&mut self, name: &str, to: Table, cells: &[Content<'_>]) -> Result<(), XlsxError> {
        let place = Url::new(format!("internal:'{}'!A1", to.name())).set_text(cell_text(name));
        self.sheet
            .write_url_with_format(self.row, 0, place, &self.link)?;
        self.cells(cells)
    }

    fn cells(&mut self, cells: &[Content<'_>]) -> Result<(), XlsxError> {
        for (column, content) in (1..).zip(cells) {
            match *content {
                Content::Empty => {}
                Content::Number(value) => {
                    self.sheet.write_number(self.row, column, value)?;
                }
                Content::Text(text) => {
                    self.sheet.write_string(self.row, column, cell_text(text))?;
                }
            }
        }
        self.row += 1;
        Ok(())
    }

    fn time(&mut self, name: &str, moment: Moment) -> Result<(), XlsxError> {
        self.sheet.write_string(self.row, 0, name)?;
        if let Some(days) = serial(&moment.spreadsheet()) {
            self.sheet
                .write_number_with_format(self.row, 1, days, &self.moment)?;
        }
        self.row += 1;
        Ok(())
    }

    fn shares(&mut self, name: &str, values: &[f64]) -> Result<(), XlsxError> {
        self.sheet.write_string(self.row, 0, name)?;
        for (column, value) in (1..).zip(values) {
            self.sheet
                .write_number_with_format(self.row, column, *value, &self.share)?;
        }
        self.row += 1;
        Ok(())
    }

    fn score(
        &mut self,
        name: &str,
        score: Option<&StoredScore>,
        word: fn(Band) -> &'static str,
    ) -> Result<(), XlsxError> {
        let Some(score) = score else {
            return self.line(name, &[Content::Text("not computed")]);
        };
        let tenths = |value: f64| Content::Number((value * 10.0).round() / 10.0);
        match score.score {
            Score::Known(known) => {
                if let Some(band) = score.band {
                    let light = Format::new().set_background_color(light(band)).set_bold();
                    self.sheet
                        .write_string_with_format(self.row, BAND, word(band), &light)?;
                }
                self.line(name, &[known.value, known.low, known.high].map(tenths))
            }
            Score::Inconclusive {
                first_attempts,
                needed,
            } => {
                let why = format!("inconclusive: {}", few_attempts(first_attempts, needed));
                self.line(name, &[Content::Text(&why)])
            }
        }
    }
}
