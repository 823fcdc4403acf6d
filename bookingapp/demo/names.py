"""Names for invented guests; their addresses end in example.com, where nobody lives."""

FIRST = (
    "Aisha", "Ajith", "Amal", "Anand", "Anjali", "Anna", "Anoop", "Arun", "Asha", "Beena", "Binu",
    "Chitra", "Deepa", "Devika", "Dinesh", "Divya", "Elsa", "Faisal", "Fathima", "Geetha", "George",
    "Hari", "Indu", "Jaya", "Jacob", "Jibin", "Joseph", "Kavya", "Lakshmi", "Leela", "Liya", "Manoj",
    "Maria", "Meera", "Mohan", "Nadia", "Nandini", "Neethu", "Nikhil", "Priya", "Rahul", "Reena",
    "Rohan", "Salim", "Sandhya", "Shalini", "Shyam", "Suresh", "Thomas", "Usha", "Varun", "Vinod",
    "Yamuna", "Zoya",
)  # fmt: skip
LAST = (
    "Abraham", "Antony", "Babu", "Bhat", "Chacko", "Cherian", "Das", "Fernandes", "George", "Iyer",
    "Jacob", "Joseph", "Kamath", "Kurian", "Kurup", "Mathew", "Menon", "Mohammed", "Nair", "Nambiar",
    "Pai", "Panicker", "Paul", "Pillai", "Rahman", "Rao", "Shenoy", "Thomas", "Varghese", "Varma",
)  # fmt: skip
