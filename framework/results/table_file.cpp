#include "framework/results/table_file.h"

#include "framework/results/hdf5.h"
#include "framework/results/hdf5_write.h"

namespace fovea {

std::vector<std::byte> image_of(const TableRecord& record) {
  const hdf5::Session session;
  hdf5::FileImage file;
  hdf5::write_attribute(file.id(), "Conventions", "CF-1.10");
  hdf5::write_attribute(file.id(), "title", record.title);
  for (const auto& [name, text] : record.attributes) hdf5::write_attribute(file.id(), name, std::string_view(text));
  const auto rows = static_cast<std::int64_t>(record.rows.size());
  {
    const hdf5::Handle names = hdf5::write_texts(file.id(), record.axis, record.rows);
    hdf5::Axes axes(file.id(), {});
    axes.set_coordinates(names.id(), record.axis, rows);
    for (const Column& column : record.columns) {
      const Array array{column.name, {record.axis}, {rows}, column.values, column.units, column.long_name};
      const hdf5::Handle data_set = hdf5::write_array(file.id(), array.name, array);
      axes.attach(data_set.id(), array);
    }
  }
  return file.finish();
}

}  // namespace fovea
