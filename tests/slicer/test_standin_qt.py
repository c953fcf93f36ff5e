"""The stand-in's Qt has PythonQt's rules."""

import gc

import pytest
import qt


def test_a_property_is_an_attribute():
    label = qt.QLabel("liver")
    label.text = "lesion"
    assert label.text == "lesion"
    with pytest.raises(TypeError, match="not callable"):
        label.text()


def test_a_getter_that_is_no_property_is_a_method():
    table = qt.QTableWidget(2, 3)
    assert table.rowCount == 2
    assert table.currentRow() == -1
    assert table.item(0, 0) is None


@pytest.mark.parametrize(
    ("name", "value"), [("text", 5), ("enabled", None), ("enabled", 1), ("checked", "yes"), ("minimumWidth", 1.5)]
)
def test_a_property_refuses_another_type(name, value):
    button = qt.QPushButton()
    with pytest.raises(TypeError, match=f"QPushButton.{name} is of type"):
        setattr(button, name, value)


def test_a_read_only_property_cannot_be_set():
    with pytest.raises(AttributeError, match="read-only"):
        qt.QTimer().active = True


def test_a_property_that_only_qt_6_has_is_none():
    table = qt.QTableWidget(2, 3)
    header = table.horizontalHeader()
    with pytest.raises(AttributeError, match="no property 'sectionsClickable'"):
        header.sectionsClickable = True
    header.setSectionsClickable(True)
    assert header.sectionsClickable() is True


@pytest.mark.parametrize("make", [qt.QHBoxLayout, qt.QGridLayout])
def test_a_layout_without_a_parent_keeps_no_widgets(make):
    widget = qt.QWidget()
    outer, inner, kept = qt.QVBoxLayout(widget), make(), qt.QLabel("kept")
    inner.addWidget(kept)
    outer.addLayout(inner)
    inner, within = qt.QVBoxLayout(), make()
    within.addWidget(qt.QLabel("lost"))
    with pytest.raises(RuntimeError, match="has deleted a QLabel"):
        inner.addLayout(within)
    with pytest.raises(RuntimeError, match="has deleted a QLabel"):
        outer.addLayout(within)


def test_an_unknown_attribute_cannot_be_read():
    with pytest.raises(AttributeError):
        _ = qt.QLabel().lesions


def test_no_new_attribute_can_be_set():
    with pytest.raises(AttributeError, match="new attributes"):
        qt.QLabel().lesions = []


def test_what_qt_made_itself_has_the_rules_too():
    table = qt.QTableWidget(2, 3)
    header = table.horizontalHeader()
    header.visible = False
    assert header.visible is False
    with pytest.raises(AttributeError, match="new attributes"):
        header.lesions = []
    assert isinstance(header, qt.QHeaderView) and isinstance(header, qt.QWidget) and not isinstance(header, qt.QLabel)


def test_an_object_that_qt_deleted_says_so():
    header = qt.QTableWidget(2, 3).horizontalHeader()
    for use in (lambda: header.visible, lambda: setattr(header, "visible", False), lambda: header.show()):
        with pytest.raises(RuntimeError, match="deleted"):
            use()


def test_what_qt_made_itself_can_be_collected():
    for _ in range(20):
        box = qt.QMessageBox()
        box.setStandardButtons(qt.QMessageBox.Yes)
        table = qt.QTableWidget(1, 1)
        kept = [box.buttons(), table.children(), table.verticalHeader()]
        del box, table
        gc.collect()
        del kept


def test_a_python_subclass_has_attributes_of_its_own_but_overwrites_no_methods():
    class Preview(qt.QWidget):
        def __init__(self, parent=None):
            super().__init__(parent)
            self.lesion = 3

        def sizeHint(self):
            return qt.QSize(77, 88)

    window = qt.QWidget()
    layout = qt.QVBoxLayout(window)
    preview = Preview()
    layout.addWidget(preview)
    assert preview.lesion == 3
    assert layout.totalSizeHint().width() >= 77
    with pytest.raises(AttributeError, match="can not be overwritten"):
        preview.show = None


def test_a_virtual_getter_that_is_also_a_property_is_read_as_one():
    layout = qt.QVBoxLayout()
    layout.spacing = 3
    assert layout.spacing == 3


def test_enumerations_have_no_scope():
    assert qt.QMessageBox.Yes
    assert qt.Qt.AlignCenter
    with pytest.raises(AttributeError, match="scoped"):
        _ = qt.QMessageBox.StandardButton
    with pytest.raises(AttributeError, match="scoped"):
        _ = qt.Qt.AlignmentFlag


@pytest.mark.parametrize("name", ["Signal", "Slot", "Property", "QtCore", "QNoSuchClass"])
def test_what_slicers_qt_has_not_is_not_there(name):
    with pytest.raises(AttributeError):
        getattr(qt, name)


def test_keyword_arguments_are_refused():
    with pytest.raises(TypeError):
        qt.QLabel(text="liver")
    with pytest.raises(TypeError):
        qt.QLabel().setText(arg__1="liver")


@pytest.mark.parametrize("connect", [lambda b, f: b.clicked.connect(f), lambda b, f: b.connect("clicked(bool)", f)])
def test_a_slot_gets_as_many_arguments_as_it_takes(connect):
    button, got = qt.QPushButton(), []
    button.checkable = True
    connect(button, lambda: got.append(()))
    connect(button, lambda checked: got.append((checked,)))
    connect(button, lambda *all_: got.append(all_))
    button.click()
    assert got == [(), (True,), (True,)]


def test_a_method_stays_connected_though_nobody_else_holds_its_object():
    class Panel:
        def onClick(self):
            clicks.append(self)

    button, clicks = qt.QPushButton(), []
    button.clicked.connect(Panel().onClick)
    gc.collect()
    button.click()
    assert len(clicks) == 1


def test_a_connection_is_ended_by_its_function():
    button, clicks = qt.QPushButton(), []

    def onClick():
        clicks.append(1)

    button.clicked.connect(onClick)
    button.connect("clicked()", onClick)
    assert button.disconnect("clicked()", onClick) is True
    assert button.clicked.disconnect(onClick) is False
    button.click()
    assert clicks == []


def test_a_method_of_a_qt_object_can_be_a_slot():
    dialog, button = qt.QDialog(), qt.QPushButton()
    button.clicked.connect(dialog.accept)
    button.click()
    assert dialog.result() == 1


def test_a_signal_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match=r"no signal 'pushed\(\)'"):
        qt.QPushButton().connect("pushed()", print)
    with pytest.raises(TypeError, match="cannot connect None"):
        qt.QPushButton().clicked.connect(None)


@pytest.mark.expects_uncaught
def test_an_exception_in_a_slot_is_recorded_and_does_not_reach_the_sender():
    from standin import uncaught

    def fail():
        raise ValueError("from a slot")

    button = qt.QPushButton()
    button.clicked.connect(fail)
    button.click()
    assert "from a slot" in uncaught.recorded[-1]


@pytest.mark.expects_uncaught
def test_an_exception_in_an_observer_is_recorded(scene):
    from standin import uncaught

    def fail(*_):
        raise ValueError("from an observer")

    tag = scene.AddObserver(scene.NodeAddedEvent, fail)
    scene.AddNewNodeByClass("vtkMRMLTextNode")
    scene.RemoveObserver(tag)
    assert "from an observer" in uncaught.recorded[-1]


def test_children_are_found_by_class_and_name():
    widget = qt.QWidget()
    layout = qt.QVBoxLayout(widget)
    for name in ("first", "second"):
        label = qt.QLabel(name)
        label.objectName = name
        layout.addWidget(label)
    assert [child.text for child in widget.findChildren("QLabel")] == ["first", "second"]
    assert widget.findChild(qt.QLabel, "second").name == "second"
    assert widget.findChild(qt.QPushButton) is None
