// Spanish. Keys are the English texts of the views and of the server's fixed vocabularies, in alphabetical order.
export default {
  "Loading the chart": "Cargando la historia clínica",
  "Patients": "Pacientes",
};
