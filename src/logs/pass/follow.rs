//! Logs that are read on as they grow.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::SystemTime;

use crate::logs::bots::resolve::Resolve;
use crate::logs::bots::verify::Verifier;
use crate::logs::error::LogsError;
use crate::logs::found::Found;
use crate::logs::input::expand::{Input, expand};
use crate::logs::order::Order;
use crate::store::LogCheckpoint;

use super::{after, pass};

/// Logs that are read on as they grow. They may be rotated meanwhile.
#[derive(Debug)]
pub struct Follow<'a> {
    order: &'a Order,
    verifier: Verifier<'a>,
    points: Vec<LogCheckpoint>,
    /// Lengths and times of the files when they were read last.
    seen: HashMap<PathBuf, (u64, Option<SystemTime>)>,
}

impl<'a> Follow<'a> {
    /// Begins behind what was found.
    pub fn after(
        found: &Found,
        order: &'a Order,
        resolver: Option<&'a dyn Resolve>,
    ) -> Result<Follow<'a>, LogsError> {
        Ok(Follow {
            order,
            verifier: Verifier::new(&order.bot_ranges, resolver)?,
            points: found.points().to_vec(),
            seen: HashMap::new(),
        })
    }

    /// Returns what was written since the last call, if anything was.
    pub fn read_on(&mut self) -> Result<Option<Found>, LogsError> {
        let Ok(inputs) = expand(&self.order.sources) else {
            // Between a rotation and the first line, there may be no file.
            return Ok(None);
        };
        let mut changed = Vec::new();
        for input in inputs {
            let Input::File(path) = input else { continue };
            let Ok(state) = std::fs::metadata(&path) else {
                continue;
            };
            let state = (state.len(), state.modified().ok());
            if self.seen.get(&path) != Some(&state) {
                changed.push(path.display().to_string());
                self.seen.insert(path, state);
            }
        }
        if changed.is_empty() {
            return Ok(None);
        }
        let order = Order {
            sources: changed,
            ..self.order.clone()
        };
        let known = self.points.clone();
        let counted = match pass(&order, &mut std::io::empty(), &self.verifier, Some(known)) {
            Ok(counted) => counted,
            // It was rotated just now.
            Err(LogsError::Read { .. } | LogsError::NoFile(..)) => {
                self.seen.clear();
                return Ok(None);
            }
            Err(fault) => return Err(fault),
        };
        self.points = after(std::mem::take(&mut self.points), &counted.files);
        let found = Found::new(&order, counted, &self.verifier, Vec::new());
        Ok((found.summary().requests > 0).then_some(found))
    }
}
