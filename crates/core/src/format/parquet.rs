//! Apache Parquet, as Hugging Face, pandas and Spark write it.
//!
//! Reads text columns (plain, large, view or dictionary-coded) and labels that
//! are texts, numbers or Hugging Face class numbers, whose names are in the
//! file's metadata. Reads no nested columns. Writes labels as text, or as class
//! numbers with names.

use std::{
    io::{self, Write},
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use arrow_array::{
    Array, ArrayRef, Float64Array, Int64Array, RecordBatch, StringArray,
    cast::AsArray,
    types::{
        ArrowPrimitiveType, Float32Type, Float64Type, Int8Type, Int16Type, Int32Type, Int64Type,
        UInt8Type, UInt16Type, UInt32Type, UInt64Type,
    },
};
use arrow_schema::{DataType, Field, Schema};
use parquet::{
    arrow::{
        ArrowWriter, ProjectionMask,
        arrow_reader::{ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder},
    },
    basic::Compression,
    errors::ParquetError,
    file::{
        metadata::{KeyValue, ParquetMetaData, RowGroupMetaData},
        properties::WriterProperties,
        reader::ChunkReader,
    },
};

use super::{
    Encoding, Fields, Record, TextConfig, TextReader, TextRecord, checked_text,
    export::{COLUMNS, ExportConfig, ExportItem, Flat, content_name},
    field::{self, joined},
    some_label, thousands,
};
use crate::diagnostic::Diagnostic;

/// Rows decoded at a time.
const N_BATCH: usize = 1024;

/// Reads the texts of a Parquet file, one record a row. `input` is anything
/// with random access: an open file, or `bytes::Bytes`.
///
/// # Errors
///
/// If it is no Parquet file, claims more than it can hold, or lacks the fields.
pub fn read<'a, R: ChunkReader + 'static>(
    input: R,
    config: &TextConfig,
) -> Result<TextReader<'a>, Diagnostic> {
    let size = input.len();
    let builder =
        guarded(|| ParquetRecordBatchReaderBuilder::try_new(input)).map_err(|it| broken(&it))?;
    let metadata = builder.metadata().clone();
    check_claims(&metadata, size)?;
    let columns: Vec<String> = builder
        .schema()
        .fields()
        .iter()
        .filter(|it| is_readable(it.data_type()))
        .map(|it| it.name().clone())
        .collect();
    let texts: Vec<&String> = columns
        .iter()
        .filter(|name| {
            builder.schema().field_with_name(name).is_ok_and(|it| is_text(it.data_type()))
        })
        .collect();
    let likeliest = texts.first().map(|it| it.as_str());
    let fields = field::choose(&columns, "the schema", config, likeliest)?;
    let wanted: Vec<&str> =
        fields.text.iter().chain(&fields.label).chain(&fields.id).map(String::as_str).collect();
    let mask = ProjectionMask::columns(builder.parquet_schema(), wanted);
    let class_names = fields.label.as_ref().and_then(|it| class_names(&metadata, it));
    let batches = guarded(|| builder.with_projection(mask).with_batch_size(N_BATCH).build())
        .map_err(|it| broken(&it))?;
    let rows = Rows {
        batches,
        pending: Vec::new().into_iter(),
        n_read: 0,
        n_total: u64::try_from(metadata.file_metadata().num_rows()).unwrap_or(0),
        has_failed: false,
        fields: fields.clone(),
        class_names,
        config: config.clone(),
    };
    Ok(TextReader { records: Box::new(rows), fields, encoding: Encoding::utf8() })
}

/// Calls into the decoder, which was written by others for files written by
/// anyone: a panic in it is one more way to say that the file is damaged.
fn guarded<T, E: From<ParquetError>>(decode: impl FnOnce() -> Result<T, E>) -> Result<T, E> {
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err(ParquetError::General("its decoder gave up".into()).into()))
}

fn broken(error: &dyn std::fmt::Display) -> Diagnostic {
    Diagnostic::new("start", format!("not a readable Parquet file: {error}"))
}

/// Refuses a file whose metadata claims more than compression can explain.
fn check_claims(metadata: &ParquetMetaData, size: u64) -> Result<(), Diagnostic> {
    let groups = metadata.row_groups().iter();
    let claimed = groups
        .flat_map(RowGroupMetaData::columns)
        .map(|it| u64::try_from(it.uncompressed_size()).unwrap_or(u64::MAX))
        .fold(0, u64::saturating_add);
    let most = size.saturating_mul(10_000).saturating_add(1 << 20);
    if most < claimed {
        let message = format!(
            "the header claims {} bytes, the file has {}",
            thousands(claimed),
            thousands(size)
        );
        return Err(Diagnostic::new("start", message));
    }
    Ok(())
}

fn is_text(data_type: &DataType) -> bool {
    match data_type {
        DataType::Utf8 | DataType::LargeUtf8 | DataType::Utf8View => true,
        DataType::Dictionary(_, values) => is_text(values),
        _ => false,
    }
}

fn is_readable(data_type: &DataType) -> bool {
    is_text(data_type)
        || data_type.is_integer()
        || matches!(data_type, DataType::Boolean | DataType::Float32 | DataType::Float64)
}

/// The names of a Hugging Face `ClassLabel` column, by class number.
fn class_names(metadata: &ParquetMetaData, column: &str) -> Option<Vec<String>> {
    let pairs = metadata.file_metadata().key_value_metadata()?;
    let value = pairs.iter().find(|it| it.key == "huggingface")?.value.as_ref()?;
    let info: serde_json::Value = serde_json::from_str(value).ok()?;
    let names = info.pointer("/info/features")?.get(column)?.get("names")?.as_array()?;
    names.iter().map(|it| it.as_str().map(str::to_owned)).collect()
}

/// An iterator over the rows of a Parquet file.
struct Rows {
    batches: ParquetRecordBatchReader,
    pending: std::vec::IntoIter<Record>,
    n_read: u64,
    n_total: u64,
    has_failed: bool,
    fields: Fields,
    class_names: Option<Vec<String>>,
    config: TextConfig,
}

impl Iterator for Rows {
    type Item = Record;

    fn next(&mut self) -> Option<Record> {
        loop {
            if let Some(record) = self.pending.next() {
                return Some(record);
            }
            if self.has_failed {
                return None;
            }
            match guarded(|| self.batches.next().transpose()).transpose()? {
                Ok(batch) => self.pending = self.records(&batch).into_iter(),
                Err(error) => {
                    self.has_failed = true;
                    let place = format!("row {}", self.n_read + 1);
                    let n_left = thousands(self.n_total.saturating_sub(self.n_read));
                    let message = format!("the remaining {n_left} rows cannot be read: {error}");
                    return Some(Err(Diagnostic::new(place, message)));
                }
            }
        }
    }
}

impl Rows {
    fn records(&mut self, batch: &RecordBatch) -> Vec<Record> {
        let column = |name: &String| batch.column_by_name(name).map(|it| values(it.as_ref()));
        let texts: Vec<_> = self.fields.text.iter().filter_map(column).collect();
        let labels = self.fields.label.as_ref().and_then(column);
        let ids = self.fields.id.as_ref().and_then(column);
        let class_names = self.class_names.as_deref();
        let record = |row: usize| -> Record {
            let place = format!("row {}", self.n_read + row as u64 + 1);
            let parts: Vec<&str> = texts.iter().filter_map(|it| it[row].as_deref()).collect();
            let text = checked_text(&place, joined(&parts), &self.config)?;
            let label = labels.as_ref().and_then(|it| it[row].as_deref());
            let label = label.map_or(Ok(None), |it| label_of(it, class_names, &place))?;
            let id = ids.as_ref().and_then(|it| it[row].clone());
            Ok(TextRecord { text, label, id, place })
        };
        let records = (0..batch.num_rows()).map(record).collect();
        self.n_read += batch.num_rows() as u64;
        records
    }
}

/// A class number by its name; -1 is Hugging Face's "no label".
fn label_of(
    value: &str,
    class_names: Option<&[String]>,
    place: &str,
) -> Result<Option<String>, Diagnostic> {
    let Some(class_names) = class_names else { return Ok(some_label(value)) };
    if value == "-1" {
        return Ok(None);
    }
    let name = value.parse::<usize>().ok().and_then(|it| class_names.get(it));
    name.map(|it| Some(it.clone())).ok_or_else(|| {
        let message = format!("class number {value}, the file names {}", class_names.len());
        Diagnostic::new(place, message)
    })
}

/// A column as texts, null where it is null.
fn values(column: &dyn Array) -> Vec<Option<String>> {
    let owned = |it: Option<&str>| it.map(str::to_owned);
    if let Some(column) = column.as_string_opt::<i32>() {
        return column.iter().map(owned).collect();
    }
    if let Some(column) = column.as_string_opt::<i64>() {
        return column.iter().map(owned).collect();
    }
    if let Some(column) = column.as_string_view_opt() {
        return column.iter().map(owned).collect();
    }
    if let Some(column) = column.as_any_dictionary_opt() {
        let entries = values(column.values().as_ref());
        let keys = column.normalized_keys();
        let entry = |row: usize| {
            (!column.is_null(row)).then(|| entries.get(keys[row]).cloned().flatten()).flatten()
        };
        return (0..column.len()).map(entry).collect();
    }
    if let Some(column) = column.as_boolean_opt() {
        return column.iter().map(|it| it.map(|it| it.to_string())).collect();
    }
    numbers(column)
}

fn numbers(column: &dyn Array) -> Vec<Option<String>> {
    let found = number::<Int64Type>(column)
        .or_else(|| number::<Int32Type>(column))
        .or_else(|| number::<Int16Type>(column))
        .or_else(|| number::<Int8Type>(column))
        .or_else(|| number::<UInt64Type>(column))
        .or_else(|| number::<UInt32Type>(column))
        .or_else(|| number::<UInt16Type>(column))
        .or_else(|| number::<UInt8Type>(column))
        .or_else(|| number::<Float64Type>(column))
        .or_else(|| number::<Float32Type>(column));
    found.unwrap_or_else(|| vec![None; column.len()])
}

fn number<T: ArrowPrimitiveType>(column: &dyn Array) -> Option<Vec<Option<String>>>
where
    T::Native: std::fmt::Display,
{
    let column = column.as_primitive_opt::<T>()?;
    Some(column.iter().map(|it| it.map(|it| it.to_string())).collect())
}

/// Items written at a time.
const N_WRITE: usize = 8192;

/// Writes `items` to `out`; `is_numbered` makes the label a class number whose
/// names are in the metadata, as `datasets` reads it. How many labels are not
/// among the classes and so were written as null.
pub(super) fn write<W: Write + Send>(
    items: impl Iterator<Item = ExportItem>,
    config: &ExportConfig,
    is_numbered: bool,
    out: W,
) -> io::Result<u64> {
    let schema = schema(config, is_numbered);
    let mut properties = WriterProperties::builder().set_compression(Compression::SNAPPY);
    if is_numbered {
        let features = KeyValue::new("huggingface".to_owned(), features(config));
        properties = properties.set_key_value_metadata(Some(vec![features]));
    }
    let writer = ArrowWriter::try_new(out, schema.clone(), Some(properties.build()));
    let mut writer = writer.map_err(io_error)?;
    let mut n_unknown = 0;
    let mut items = items.peekable();
    while items.peek().is_some() {
        let flats: Vec<Flat> =
            items.by_ref().take(N_WRITE).map(|it| Flat::of(&it, config.media)).collect();
        let label: ArrayRef = if is_numbered {
            let numbers = class_numbers(&flats, &config.classes);
            let n_labels = flats.iter().filter(|it| it.label.is_some()).count();
            n_unknown += n_labels - (numbers.len() - numbers.null_count());
            Arc::new(numbers)
        } else {
            texts(&flats, |it| it.label.clone())
        };
        let columns: Vec<ArrayRef> = vec![
            texts(&flats, |it| Some(it.id.clone())),
            texts(&flats, |it| Some(it.name.clone())),
            texts(&flats, |it| it.content.clone()),
            label,
            texts(&flats, |it| it.origin.map(str::to_owned)),
            texts(&flats, |it| it.origin.map(|_| it.annotators.join(";"))),
            texts(&flats, |it| it.model.clone()),
            Arc::new(flats.iter().map(|it| it.confidence).collect::<Float64Array>()),
            texts(&flats, |it| it.certificate.clone()),
        ];
        let batch = RecordBatch::try_new(schema.clone(), columns)
            .expect("the columns were made for the schema");
        writer.write(&batch).map_err(io_error)?;
    }
    writer.close().map_err(io_error)?;
    Ok(n_unknown as u64)
}

fn io_error(error: ParquetError) -> io::Error {
    match error {
        ParquetError::External(source) => match source.downcast::<io::Error>() {
            Ok(error) => *error,
            Err(source) => io::Error::other(source),
        },
        error => io::Error::other(error),
    }
}

fn texts(flats: &[Flat], value: impl Fn(&Flat) -> Option<String>) -> ArrayRef {
    Arc::new(flats.iter().map(value).collect::<StringArray>())
}

fn class_numbers(flats: &[Flat], classes: &[String]) -> Int64Array {
    let number = |label: &String| {
        let position = classes.iter().position(|it| it == label)?;
        Some(i64::try_from(position).expect("a schema fits in u16"))
    };
    flats.iter().map(|it| it.label.as_ref().and_then(number)).collect()
}

fn schema(config: &ExportConfig, is_numbered: bool) -> Arc<Schema> {
    let field = |name: &str| {
        let data_type = match name {
            "confidence" => DataType::Float64,
            "label" if is_numbered => DataType::Int64,
            _ => DataType::Utf8,
        };
        let name = if name == "content" { content_name(config.media) } else { name };
        Field::new(name, data_type, true)
    };
    Arc::new(Schema::new(COLUMNS.map(field).to_vec()))
}

/// The columns as `datasets` describes them in the metadata.
fn features(config: &ExportConfig) -> String {
    let mut features = serde_json::Map::new();
    for name in COLUMNS {
        let feature = match name {
            "label" => serde_json::json!({"names": config.classes, "_type": "ClassLabel"}),
            "confidence" => serde_json::json!({"dtype": "float64", "_type": "Value"}),
            _ => serde_json::json!({"dtype": "string", "_type": "Value"}),
        };
        let name = if name == "content" { content_name(config.media) } else { name };
        features.insert(name.to_owned(), feature);
    }
    serde_json::json!({"info": {"features": features}}).to_string()
}
