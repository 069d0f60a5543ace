//! Events as lines.

use super::value::{Fields, write_text};
use super::{LogFormat, Sink};
use serde_json::{Map, Value};
use std::fmt::Write;
use std::sync::Arc;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;

/// Writes each event as a line, with the spans that it happened in.
pub(super) struct Lines {
    format: LogFormat,
    sink: Arc<dyn Sink>,
}

impl Lines {
    pub(super) fn new(format: LogFormat, sink: Arc<dyn Sink>) -> Lines {
        Lines { format, sink }
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Lines {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        span.extensions_mut().replace(fields);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            values.record(fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let message = fields.0.iter().position(|(name, _)| *name == "message");
        let message = message.map(|index| fields.0.remove(index).1);
        let spans: Vec<(&str, Fields)> = context
            .event_scope(event)
            .into_iter()
            .flat_map(|scope| scope.from_root())
            .filter_map(|span| Some((span.name(), span.extensions().get::<Fields>()?.clone())))
            .collect();
        let mut time = String::new();
        let _ = SystemTime.format_time(&mut Writer::new(&mut time));
        let line = match self.format {
            LogFormat::Text => text(&time, event, message, fields, spans),
            LogFormat::Json => json(time, event, message, fields, spans),
        };
        self.sink.line(&line);
    }
}

fn text(
    time: &str,
    event: &Event<'_>,
    message: Option<Value>,
    fields: Fields,
    spans: Vec<(&str, Fields)>,
) -> String {
    let metadata = event.metadata();
    let mut line = format!("{time} {:>5} {}:", metadata.level(), metadata.target());
    match message {
        // Words that could be read as fields are put in quotation marks.
        Some(Value::String(message)) if !message.contains(['=', '"']) => {
            let _ = write!(line, " {message}");
        }
        Some(message) => {
            line.push(' ');
            write_text(&mut line, &message);
        }
        None => {}
    }
    let mut put = |prefix: &str, fields: &Fields| {
        for (name, value) in &fields.0 {
            let _ = write!(line, " {prefix}{name}=");
            write_text(&mut line, value);
        }
    };
    put("", &fields);
    for (name, fields) in spans {
        put(&format!("{name}."), &fields);
    }
    line.push('\n');
    line
}

fn json(
    time: String,
    event: &Event<'_>,
    message: Option<Value>,
    fields: Fields,
    spans: Vec<(&str, Fields)>,
) -> String {
    let metadata = event.metadata();
    let object = |fields: Fields| fields.0.into_iter().map(|(name, value)| (name.to_owned(), value));
    let mut line: Map<String, Value> = object(fields).collect();
    line.extend(message.map(|message| ("message".to_owned(), message)));
    for (name, fields) in spans {
        line.insert(name.to_owned(), Value::Object(object(fields).collect()));
    }
    line.insert("time".to_owned(), time.into());
    line.insert("level".to_owned(), metadata.level().as_str().into());
    line.insert("target".to_owned(), metadata.target().into());
    let mut line = Value::Object(line).to_string();
    line.push('\n');
    line
}
